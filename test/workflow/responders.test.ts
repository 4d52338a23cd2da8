import assert from 'node:assert/strict';
import { taskEventSignal } from '../../src/contracts/messages.ts';
import { eventually } from '../support/eventually.ts';
import { RecordingActivities } from '../support/recording-activities.ts';
import { requestFor } from '../support/requests.ts';
import { answerTo } from '../support/responders.ts';
import { openTask, runToEnd, startRun } from '../support/sequence-runs.ts';
import { temporal, withWorker } from '../support/temporal.ts';

describe('a task that responders carry out', () => {
  before(async function () {
    this.timeout(120_000);
    await temporal();
  });

  it('waits for a responder, takes its events in any order and merges its payload', async () => {
    const recorded = new RecordingActivities();
    recorded.executor = () => ({ kind: 'responders', names: [] });
    const request = requestFor(['smoke', 'check']);
    await withWorker(recorded.all(), async ({ client, taskQueue }) => {
      const run = await startRun(client, taskQueue, request);
      const smoke = await openTask(recorded, 'smoke');
      await run.signal(taskEventSignal, { event: answerTo(smoke, 'finished', { smoke: { seen: 1 } }) });
      await run.signal(taskEventSignal, { event: answerTo(smoke, 'started') });
      const check = await openTask(recorded, 'check');
      assert.deepEqual(check.data.smoke, { seen: 1 });
      await run.signal(taskEventSignal, { event: answerTo(check, 'started') });
      await run.signal(taskEventSignal, { event: answerTo(check, 'finished', { result: 'warning' }) });
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
      const run = await startRun(client, taskQueue, requestFor(['smoke'], { request: { defaults } }));
      const smoke = await openTask(recorded, 'smoke');
      await run.signal(taskEventSignal, { event: answerTo(smoke, 'started') });
      const outcome = await run.result();
      assert.equal(outcome.outcome, 'timedOut');
      assert.match(outcome.message, /to receive a correlating \.finished event/);
    });
  });

  it('waits for as many answers as a webhook has sent requests', async () => {
    const recorded = new RecordingActivities();
    recorded.executor = () => ({ kind: 'webhook' });
    const sent = { status: 'succeeded', result: 'pass', message: '', data: {}, answersExpected: 2 } as const;
    await withWorker(recorded.all({ runWebhook: async () => sent }), async ({ client, taskQueue }) => {
      const run = await startRun(client, taskQueue, requestFor(['smoke']));
      await eventually(
        'both requests count as started',
        () => recorded.calls.includes('webhook') || recorded.types().includes('smoke.started'),
      );
      const smoke = recorded.events.find((event) => event.type.endsWith('smoke.triggered'));
      assert.ok(smoke);
      await run.signal(taskEventSignal, { event: answerTo(smoke, 'finished') });
      await run.signal(taskEventSignal, { event: answerTo(smoke, 'finished', { result: 'warning' }) });
      assert.equal((await run.result()).result, 'warning');
    });
  });
});
