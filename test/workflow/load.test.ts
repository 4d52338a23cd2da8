import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import { queueWorkflowId } from '../../src/contracts/ids.ts';
import { enqueueSignal, taskEventSignal } from '../../src/contracts/messages.ts';
import type { SequenceOutcome, SequenceRequest } from '../../src/contracts/workflows.ts';
import { eventually } from '../support/eventually.ts';
import { RecordingActivities } from '../support/recording-activities.ts';
import { requestFor, runIdOf } from '../support/requests.ts';
import { answerTo, enqueue } from '../support/responders.ts';
import { temporal, withWorker } from '../support/temporal.ts';

describe('a run under pressure', function () {
  this.timeout(60_000);
  before(() => temporal());

  it('counts 200 events that arrive at once', async () => {
    const { recorded, outcome } = await tell(['smoke', 'release'], async ({ signal, open }) => {
      const smoke = await open('smoke');
      await Promise.all(times(100, () => signal(answerTo(smoke, 'started'))));
      const finished = times(100, (index) =>
        answerTo(smoke, 'finished', { smoke: { [`seen${index}`]: 'yes' } }),
      );
      await Promise.all([...finished, ...finished].map(signal));
      await finish(signal, await open('release'));
    });
    assert.equal(outcome.result, 'pass');
    const release = recorded.events.find(({ type }) => type.endsWith('release.triggered'));
    assert.equal(Object.keys(release?.data.smoke ?? {}).length, 100);
  });

  it('carries a megabyte of data from one task to the next', async () => {
    const text = 'x'.repeat(1_000_000);
    const { outcome } = await tell(['smoke', 'release'], async ({ signal, open }) => {
      await finish(signal, await open('smoke'), { smoke: { report: text } });
      const release = await open('release');
      assert.deepEqual(release.data.smoke, { report: text });
      await finish(signal, release);
    });
    assert.equal(outcome.result, 'pass');
  });

  it('ends with a reason when the payload grows beyond what Temporal takes', async () => {
    const tasks = ['one', 'two', 'three', 'test'];
    const { outcome } = await tell(tasks, async ({ signal, open }) => {
      for (const name of tasks.slice(0, 3)) {
        await finish(signal, await open(name), { [name]: { report: 'x'.repeat(900_000) } });
      }
    });
    assert.deepEqual([outcome.outcome, outcome.status, outcome.result], ['finished', 'errored', 'fail']);
    assert.match(outcome.message, /too large/);
  });

  it('takes the cancellation of its workflow as an abort, also while it waits for nobody', async () => {
    const { outcome } = await tell(['smoke'], async ({ open, cancel }) => {
      await open('smoke');
      await cancel();
    });
    assert.deepEqual([outcome.outcome, outcome.message], ['aborted', 'aborted: the workflow was cancelled']);
  });

  it('ignores hostile keys and messages that cannot be read', async () => {
    const { outcome } = await tell(['smoke'], async ({ signal, open }) => {
      const smoke = await open('smoke');
      const nothing = undefined as unknown as KeptnEvent;
      for (const event of [nothing, { ...smoke, id: 5 } as unknown as KeptnEvent]) await signal(event);
      const hostile = JSON.parse('{"__proto__": {"result": "fail"}, "smoke": {"constructor": 1}}');
      await finish(signal, smoke, hostile);
    });
    assert.equal(outcome.result, 'pass');
    assert.equal(({} as { result?: string }).result, undefined);
  });
});

describe('a queue under pressure', function () {
  this.timeout(60_000);
  before(() => temporal());

  it('is not held up by a message that cannot be read', async () => {
    const recorded = new RecordingActivities();
    await withWorker(recorded.all(), async ({ client, taskQueue }) => {
      const request = requestOf(['release']);
      const { project, stage, service } = request.input;
      await client.workflow.signalWithStart('serviceQueue', {
        workflowId: queueWorkflowId(request.input),
        taskQueue,
        args: [{ project, stage, service }],
        signal: enqueueSignal,
        signalArgs: [{ input: { service } } as unknown as SequenceRequest],
      });
      await enqueue(client, taskQueue, request);
      assert.equal(await resultOf(client, request).then(({ outcome }) => outcome), 'finished');
    });
  });

  it('runs 60 triggers of the same instant one after the other, each once', async () => {
    const recorded = new RecordingActivities();
    await withWorker(recorded.all(), async ({ client, taskQueue }) => {
      const first = requestOf(['release']);
      const requests = [first, ...times(59, () => requestOf(['release'], first.input.service))];
      await Promise.all(requests.map((request) => enqueue(client, taskQueue, request)));
      await Promise.all(requests.map((request) => resultOf(client, request)));
      const contexts = recorded.events.map(({ shkeptncontext }) => shkeptncontext);
      const turns = contexts.filter((context, index) => context !== contexts[index - 1]);
      assert.equal(turns.length, new Set(turns).size, 'no run worked while another one did');
      assert.equal(turns.length, 60);
    });
  });
});

interface Outside {
  signal(event: KeptnEvent): Promise<void>;
  open(task: string): Promise<KeptnEvent>;
  cancel(): Promise<unknown>;
}

async function tell(
  tasks: string[],
  outside: (outside: Outside) => Promise<void>,
): Promise<{ recorded: RecordingActivities; outcome: SequenceOutcome }> {
  const recorded = new RecordingActivities();
  recorded.executor = ({ task }) =>
    task === 'test' ? { kind: 'builtin' } : { kind: 'responders', names: ['test'] };
  const request = requestOf(tasks);
  return withWorker(recorded.all(), async ({ client, taskQueue }) => {
    const run = await client.workflow.start<(request: SequenceRequest) => Promise<SequenceOutcome>>(
      'sequence',
      {
        workflowId: runIdOf(request),
        taskQueue,
        args: [request],
      },
    );
    await outside({
      signal: (event) => run.signal(taskEventSignal, { event }),
      cancel: () => run.cancel(),
      open: (task) =>
        eventually(`${task} is triggered`, () =>
          recorded.events.find(({ type }) => type === `sh.keptn.event.${task}.triggered`),
        ),
    });
    return { recorded, outcome: await run.result() };
  });
}

async function finish(signal: Outside['signal'], task: KeptnEvent, data = {}): Promise<void> {
  await signal(answerTo(task, 'started'));
  await signal(answerTo(task, 'finished', data));
}

async function resultOf(client: Client, request: SequenceRequest): Promise<SequenceOutcome> {
  const run = client.workflow.getHandle(runIdOf(request));
  await eventually(`${run.workflowId} exists`, () => run.describe().catch(() => undefined), 40_000);
  return run.result() as Promise<SequenceOutcome>;
}

function requestOf(tasks: string[], service = `carts-${randomUUID()}`): SequenceRequest {
  return requestFor(tasks, {
    input: { service, triggerData: { project: 'sockshop', stage: 'dev', service } },
  });
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
