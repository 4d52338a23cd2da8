import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import { queueWorkflowId } from '../../src/contracts/ids.ts';
import {
  abortSignal,
  approveSignal,
  decideUpdate,
  enqueueSignal,
  pauseContextSignal,
  pauseSignal,
  resumeSignal,
  statusQuery,
  taskEventSignal,
} from '../../src/contracts/messages.ts';
import type { SequenceOutcome, SequenceRequest } from '../../src/contracts/workflows.ts';
import { eventually } from '../support/eventually.ts';
import { RecordingActivities } from '../support/recording-activities.ts';
import { requestFor, runIdOf } from '../support/requests.ts';
import { temporal, withWorker } from '../support/temporal.ts';

const BLUE_GREEN = { deployment: { deploymentstrategy: 'blue_green_service' } };

describe('workflow sequence', () => {
  before(async function () {
    this.timeout(120_000);
    await temporal();
  });

  it('runs the tasks in order and stores triggered, started and finished of each', async () => {
    const recorded = new RecordingActivities();
    const outcome = await runToEnd(recorded, requestFor(['deployment', 'test', 'release']));
    assert.equal(outcome.result, 'pass');
    assert.deepEqual(recorded.types(), [
      'deployment.triggered',
      'deployment.started',
      'deployment.finished',
      'test.triggered',
      'test.started',
      'test.finished',
      'release.triggered',
      'release.started',
      'release.finished',
      'dev.delivery.finished',
    ]);
  });

  it('shifts traffic to the canary before the tests and back to the primary on release', async () => {
    const recorded = new RecordingActivities();
    await runToEnd(
      recorded,
      requestFor([
        { name: 'deployment', properties: { deploymentstrategy: 'blue_green_service' } },
        'test',
        'release',
      ]),
    );
    assert.deepEqual(recorded.calls, [
      'deploy',
      'shiftTraffic 0/100',
      'test',
      'shiftTraffic 0/100',
      'drain',
      'promote',
      'shiftTraffic 100/0',
      'drain',
      'retire',
    ]);
  });

  it('ends a task whose executor fails for good as errored, with the sentence of the error', async () => {
    const recorded = new RecordingActivities();
    const outcome = await runToEnd(recorded, requestFor(['deployment', 'release']), {
      deploy: async () => {
        throw ApplicationFailure.nonRetryable('no chart helm/carts.tgz for service carts');
      },
    });
    assert.deepEqual([outcome.status, outcome.result], ['errored', 'fail']);
    assert.equal(outcome.message, 'no chart helm/carts.tgz for service carts');
  });

  it('waits for a responder, takes its events in any order and merges its payload', async () => {
    const recorded = new RecordingActivities();
    recorded.executor = () => ({ kind: 'responders', names: [] });
    const request = requestFor(['smoke', 'check']);
    await withWorker(recorded.all(), async ({ client, taskQueue }) => {
      const run = await start(client, taskQueue, request);
      const smoke = await openTask(recorded, 'smoke');
      await run.signal(taskEventSignal, { event: answer(smoke, 'finished', { smoke: { seen: 1 } }) });
      await run.signal(taskEventSignal, { event: answer(smoke, 'started') });
      const check = await openTask(recorded, 'check');
      assert.deepEqual(check.data.smoke, { seen: 1 });
      await run.signal(taskEventSignal, { event: answer(check, 'started') });
      await run.signal(taskEventSignal, { event: answer(check, 'finished', { result: 'warning' }) });
      assert.equal((await run.result()).result, 'warning');
    });
  });

  it('times out when nobody starts a task, with the message that Keptn gave', async () => {
    const recorded = new RecordingActivities();
    recorded.executor = () => ({ kind: 'responders', names: [] });
    const request = requestFor(['smoke'], { request: { defaults: { startedMs: 50, finishedMs: 0 } } });
    const outcome = await runToEnd(recorded, request);
    assert.equal(outcome.outcome, 'timedOut');
    assert.match(outcome.message, /sh\.keptn\.event\.smoke\.triggered to receive a correlating \.started/);
    assert.deepEqual(recorded.followUps, []);
  });

  it('times out when a responder has started a task and does not finish it in time', async () => {
    const recorded = new RecordingActivities();
    recorded.executor = () => ({ kind: 'responders', names: [] });
    const defaults = { startedMs: 600_000, finishedMs: 100 };
    await withWorker(recorded.all(), async ({ client, taskQueue }) => {
      const run = await start(client, taskQueue, requestFor(['smoke'], { request: { defaults } }));
      const smoke = await openTask(recorded, 'smoke');
      await run.signal(taskEventSignal, { event: answer(smoke, 'started') });
      const outcome = await run.result();
      assert.equal(outcome.outcome, 'timedOut');
      assert.match(outcome.message, /to receive a correlating \.finished event/);
    });
  });

  it('ends a task as errored when nobody can be chosen for it', async () => {
    const recorded = new RecordingActivities();
    const outcome = await runToEnd(recorded, requestFor(['smoke']), {
      beginTask: async () => {
        throw ApplicationFailure.nonRetryable('x-executor must be builtin, external or worker');
      },
    });
    assert.deepEqual(
      [outcome.status, outcome.message],
      ['errored', 'x-executor must be builtin, external or worker'],
    );
    assert.deepEqual(recorded.types(), [
      'smoke.triggered',
      'smoke.started',
      'smoke.finished',
      'dev.delivery.finished',
    ]);
  });

  it('waits for as many answers as a webhook has sent requests', async () => {
    const recorded = new RecordingActivities();
    recorded.executor = () => ({ kind: 'webhook' });
    const sent = { status: 'succeeded', result: 'pass', message: '', data: {}, answersExpected: 2 } as const;
    await withWorker(recorded.all({ runWebhook: async () => sent }), async ({ client, taskQueue }) => {
      const run = await start(client, taskQueue, requestFor(['smoke']));
      await eventually(
        'both requests count as started',
        () => recorded.calls.includes('webhook') || recorded.types().includes('smoke.started'),
      );
      const smoke = recorded.events.find((event) => event.type.endsWith('smoke.triggered'));
      assert.ok(smoke);
      await run.signal(taskEventSignal, { event: answer(smoke, 'finished') });
      await run.signal(taskEventSignal, { event: answer(smoke, 'finished', { result: 'warning' }) });
      assert.equal((await run.result()).result, 'warning');
    });
  });

  it('waits for an approval, refuses a decision that nobody wants, and goes on when approved', async () => {
    const recorded = new RecordingActivities();
    await withWorker(recorded.all(), async ({ client, taskQueue }) => {
      const run = await start(client, taskQueue, requestFor(['approval', 'release']));
      await eventually('waiting', async () => (await run.query(statusQuery)).state === 'waitingForApproval');
      await assert.rejects(
        run.executeUpdate(decideUpdate, { args: [{ decision: 'approve', by: '' }] }),
        (error: Error) => /by must say who/.test(String(error.cause)),
      );
      await run.executeUpdate(decideUpdate, {
        args: [{ decision: 'approve', by: 'ada', reason: 'looks good' }],
      });
      assert.equal((await run.result()).result, 'pass');
    });
    const finished = recorded.events.find((event) => event.type.endsWith('approval.finished'));
    assert.equal(finished?.data.message, 'Approved by ada: looks good');
  });

  it('fails the sequence when the approval is declined by signal', async () => {
    const recorded = new RecordingActivities();
    await withWorker(recorded.all(), async ({ client, taskQueue }) => {
      const run = await start(client, taskQueue, requestFor(['approval', 'release']));
      await eventually('waiting', async () => (await run.query(statusQuery)).state === 'waitingForApproval');
      await run.signal(approveSignal, { decision: 'decline', by: 'ada' });
      assert.equal((await run.result()).result, 'fail');
    });
    assert.ok(!recorded.types().includes('release.triggered'));
  });

  it('counts approvers where the approval asks for several, also when they answer by event', async () => {
    const recorded = new RecordingActivities();
    await withWorker(recorded.all(), async ({ client, taskQueue }) => {
      const approval = { name: 'approval', properties: { pass: 'manual', 'x-approvers': 2 } };
      const run = await start(client, taskQueue, requestFor([approval, 'release']));
      const open = await openTask(recorded, 'approval');
      await run.signal(taskEventSignal, { event: answer(open, 'finished', { approval: { by: 'ada' } }) });
      await run.signal(taskEventSignal, { event: answer(open, 'finished', { approval: { by: 'ada' } }) });
      assert.equal((await run.query(statusQuery)).state, 'waitingForApproval');
      await run.signal(approveSignal, { decision: 'approve', by: 'bob' });
      assert.equal((await run.result()).result, 'pass');
    });
  });

  it('takes the decision that the approval names when its deadline is over', async () => {
    const recorded = new RecordingActivities();
    const approval = { name: 'approval', properties: { pass: 'manual', 'x-deadline': '50ms' } };
    const outcome = await runToEnd(recorded, requestFor([approval, 'release']));
    assert.deepEqual(
      [outcome.result, outcome.message],
      ['fail', 'Declined by deadline: nobody decided in time'],
    );
  });

  it('lets the running task finish when paused, and starts nothing new until resumed', async () => {
    const recorded = new RecordingActivities();
    recorded.executor = () => ({ kind: 'responders', names: [] });
    await withWorker(recorded.all(), async ({ client, taskQueue }) => {
      const run = await start(client, taskQueue, requestFor(['one', 'two']));
      const one = await openTask(recorded, 'one');
      await run.signal(pauseSignal);
      await run.signal(taskEventSignal, { event: answer(one, 'started') });
      await run.signal(taskEventSignal, { event: answer(one, 'finished') });
      await eventually(
        'one is done',
        async () => (await run.query(statusQuery)).tasks[0]?.state === 'finished',
      );
      assert.equal((await run.query(statusQuery)).state, 'paused');
      assert.ok(!recorded.types().includes('two.triggered'));
      await run.signal(resumeSignal);
      const two = await openTask(recorded, 'two');
      await run.signal(taskEventSignal, { event: answer(two, 'started') });
      await run.signal(taskEventSignal, { event: answer(two, 'finished') });
      assert.equal((await run.result()).outcome, 'finished');
    });
  });

  it('puts the traffic back before it ends when aborted after a deployment', async () => {
    const recorded = new RecordingActivities();
    recorded.executor = ({ task }) =>
      task === 'smoke' ? { kind: 'responders', names: [] } : { kind: 'builtin' };
    await withWorker(recorded.all(), async ({ client, taskQueue }) => {
      const request = requestFor(['deployment', 'smoke', 'release'], {
        input: { triggerData: { project: 'sockshop', stage: 'dev', service: 'carts', ...BLUE_GREEN } },
      });
      const run = await start(client, taskQueue, request);
      await openTask(recorded, 'smoke');
      await run.signal(abortSignal, { by: 'ada', reason: 'wrong build' });
      const outcome = await run.result();
      assert.deepEqual([outcome.outcome, outcome.status, outcome.result], ['aborted', 'aborted', 'pass']);
    });
    assert.deepEqual(recorded.calls, [
      'deploy',
      'shiftTraffic 0/100',
      'shiftTraffic 100/0',
      'drain',
      'retire',
    ]);
  });
});

describe('workflow serviceQueue', () => {
  before(async function () {
    this.timeout(120_000);
    await temporal();
  });

  it('runs sequences of one service one after the other in the order of their triggers', async () => {
    const recorded = new RecordingActivities();
    recorded.executor = () => ({ kind: 'responders', names: [] });
    await withWorker(recorded.all(), async ({ client, taskQueue }) => {
      const service = `carts-${randomUUID()}`;
      const requests = [1, 2, 3].map(() => forService(service, ['work']));
      for (const request of requests) await enqueue(client, taskQueue, request);
      for (const [index, request] of requests.entries()) {
        const work = await openTask(recorded, 'work', request.input.keptnContext);
        const queued = [...recorded.open.values()].length;
        assert.equal(queued, 1, `only run ${index + 1} is at work`);
        const run = client.workflow.getHandle(runIdOf(request));
        await run.signal(taskEventSignal, { event: answer(work, 'started') });
        await run.signal(taskEventSignal, { event: answer(work, 'finished') });
        await run.result();
      }
      await client.workflow.getHandle(queueWorkflowId(forService(service, []).input)).result();
    });
  });

  it('starts a run once, however often its trigger arrives', async () => {
    const recorded = new RecordingActivities();
    await withWorker(recorded.all(), async ({ client, taskQueue }) => {
      const request = forService(`carts-${randomUUID()}`, ['release']);
      for (const _trigger of [1, 2]) {
        await enqueue(client, taskQueue, request);
        await client.workflow.getHandle(queueWorkflowId(request.input)).result();
      }
      await enqueue(client, taskQueue, request);
      await enqueue(client, taskQueue, request);
      await client.workflow.getHandle(queueWorkflowId(request.input)).result();
      assert.equal(recorded.types().filter((type) => type === 'dev.delivery.finished').length, 1);
    });
  });

  it('lets the next run start while one waits for approval, and gives the place back after it', async () => {
    const recorded = new RecordingActivities();
    await withWorker(recorded.all(), async ({ client, taskQueue }) => {
      const service = `carts-${randomUUID()}`;
      const [first, second] = [
        forService(service, ['approval', 'release']),
        forService(service, ['release']),
      ];
      await enqueue(client, taskQueue, first);
      const waiting = client.workflow.getHandle(runIdOf(first));
      await eventually('the first waits', async () => {
        const found = await waiting.query(statusQuery).catch(() => undefined);
        return found?.state === 'waitingForApproval';
      });
      await enqueue(client, taskQueue, second);
      await eventually('the second is done', async () => {
        const found = await client.workflow
          .getHandle(runIdOf(second))
          .query(statusQuery)
          .catch(() => undefined);
        return found?.state === 'finished';
      });
      await waiting.signal(approveSignal, { decision: 'approve', by: 'ada' });
      assert.equal(((await waiting.result()) as SequenceOutcome).result, 'pass');
      await client.workflow.getHandle(queueWorkflowId(first.input)).result();
    });
  });

  it('holds the waiting run of a paused context back without holding up the others', async () => {
    const recorded = new RecordingActivities();
    recorded.executor = () => ({ kind: 'responders', names: [] });
    await withWorker(recorded.all(), async ({ client, taskQueue }) => {
      const service = `carts-${randomUUID()}`;
      const [first, held, third] = [1, 2, 3].map(() => forService(service, ['work']));
      assert.ok(first && held && third);
      await enqueue(client, taskQueue, first);
      await enqueue(client, taskQueue, { ...held, paused: true });
      await enqueue(client, taskQueue, third);
      await workThrough(client, recorded, first);
      await workThrough(client, recorded, third);
      assert.equal(recorded.open.size, 0);
      const queue = client.workflow.getHandle(queueWorkflowId(held.input));
      const { keptnContext } = held.input;
      await queue.signal(pauseContextSignal, { keptnContext, paused: false });
      await workThrough(client, recorded, held);
    });
  });

  it('keeps its order and loses no run when it continues as new in the middle', async () => {
    const recorded = new RecordingActivities();
    recorded.executor = () => ({ kind: 'responders', names: [] });
    await withWorker(recorded.all(), async ({ client, taskQueue }) => {
      const service = `carts-${randomUUID()}`;
      const requests = [1, 2, 3, 4].map(() => forService(service, ['work']));
      for (const request of requests) await enqueue(client, taskQueue, request, 8);
      for (const request of requests) await workThrough(client, recorded, request);
      const queue = client.workflow.getHandle(queueWorkflowId(forService(service, []).input));
      await queue.result();
      assert.equal(recorded.types().filter((type) => type === 'dev.delivery.finished').length, 4);
    });
  });
});

type TestClient = Parameters<Parameters<typeof withWorker>[1]>[0]['client'];

function forService(service: string, tasks: string[]): SequenceRequest {
  return requestFor(tasks, {
    input: { service, triggerData: { project: 'sockshop', stage: 'dev', service } },
  });
}

async function start(client: TestClient, taskQueue: string, request: SequenceRequest) {
  const options = { workflowId: runIdOf(request), taskQueue, args: [request] as [SequenceRequest] };
  return client.workflow.start<(request: SequenceRequest) => Promise<SequenceOutcome>>('sequence', options);
}

async function runToEnd(
  recorded: RecordingActivities,
  request: SequenceRequest,
  overrides: Parameters<RecordingActivities['all']>[0] = {},
): Promise<SequenceOutcome> {
  return withWorker(recorded.all(overrides), async ({ client, taskQueue }) =>
    (await start(client, taskQueue, request)).result(),
  );
}

async function enqueue(
  client: TestClient,
  taskQueue: string,
  request: SequenceRequest,
  maxHistoryLength?: number,
) {
  const { project, stage, service } = request.input;
  await client.workflow.signalWithStart('serviceQueue', {
    workflowId: queueWorkflowId(request.input),
    taskQueue,
    args: [{ project, stage, service, ...(maxHistoryLength === undefined ? {} : { maxHistoryLength }) }],
    signal: enqueueSignal,
    signalArgs: [request],
  });
}

/** Answers the task `work` of a run, and waits for the run's end. */
async function workThrough(client: TestClient, recorded: RecordingActivities, request: SequenceRequest) {
  const work = await openTask(recorded, 'work', request.input.keptnContext);
  const run = client.workflow.getHandle(runIdOf(request));
  await run.signal(taskEventSignal, { event: answer(work, 'started') });
  await run.signal(taskEventSignal, { event: answer(work, 'finished') });
  await run.result();
}

function openTask(recorded: RecordingActivities, task: string, context?: string): Promise<KeptnEvent> {
  return eventually(`${task} is triggered`, () =>
    [...recorded.open.values()].find(
      (event) =>
        event.type === `sh.keptn.event.${task}.triggered` &&
        (context === undefined || event.shkeptncontext === context),
    ),
  );
}

function answer(triggered: KeptnEvent, kind: 'started' | 'finished', data: object = {}): KeptnEvent {
  const { project, stage, service } = triggered.data;
  return {
    ...triggered,
    id: randomUUID(),
    type: triggered.type.replace(/triggered$/, kind),
    source: 'test',
    triggeredid: triggered.id,
    data: { project, stage, service, status: 'succeeded', result: 'pass', ...data },
  };
}
