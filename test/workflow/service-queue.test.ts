import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { queueWorkflowId } from '../../src/contracts/ids.ts';
import {
  approveSignal,
  enqueueSignal,
  pauseContextSignal,
  statusQuery,
  taskEventSignal,
} from '../../src/contracts/messages.ts';
import type { SequenceOutcome, SequenceRequest } from '../../src/contracts/workflows.ts';
import { eventually } from '../support/eventually.ts';
import { RecordingActivities } from '../support/recording-activities.ts';
import { requestFor, runIdOf } from '../support/requests.ts';
import { answerTo } from '../support/responders.ts';
import { openTask } from '../support/sequence-runs.ts';
import { temporal, withWorker } from '../support/temporal.ts';

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
        await run.signal(taskEventSignal, { event: answerTo(work, 'started') });
        await run.signal(taskEventSignal, { event: answerTo(work, 'finished') });
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

function forService(service: string, tasks: string[]): SequenceRequest {
  return requestFor(tasks, {
    input: { service, triggerData: { project: 'sockshop', stage: 'dev', service } },
  });
}

async function enqueue(
  client: Client,
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
async function workThrough(client: Client, recorded: RecordingActivities, request: SequenceRequest) {
  const work = await openTask(recorded, 'work', request.input.keptnContext);
  const run = client.workflow.getHandle(runIdOf(request));
  await run.signal(taskEventSignal, { event: answerTo(work, 'started') });
  await run.signal(taskEventSignal, { event: answerTo(work, 'finished') });
  await run.result();
}
