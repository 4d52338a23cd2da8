import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { abortSignal, taskEventSignal } from '../../src/contracts/messages.ts';
import type { sequence } from '../../src/workflows/sequence.ts';
import { blockOf, eventOf, prepared, SLO, withEvaluation } from '../support/evaluations.ts';
import { eventually } from '../support/eventually.ts';
import { RecordingActivities } from '../support/recording-activities.ts';
import { requestFor, runIdOf } from '../support/requests.ts';
import { temporal, withWorker } from '../support/temporal.ts';

describe('an evaluation with a provider that only an integration has', function () {
  this.timeout(60_000);
  before(async () => {
    await temporal();
  });

  const dynatrace = { responders: ['dynatrace-service'] };

  it('offers get-sli.triggered and takes the values, window and labels of the answer', async () => {
    const recorded = new RecordingActivities();
    const finished = await withEvaluation(recorded, { fetch: dynatrace }, async (run) => {
      const open = await openQuestion(recorded);
      assert.deepEqual(recorded.openedBy.get(open.id), run.workflowId);
      await run.signal(taskEventSignal, { event: answer(open, 'started') });
      const data = {
        labels: { 'Problem URL': 'http://dt' },
        'get-sli': {
          start: '1',
          end: '2',
          indicatorValues: [
            { metric: 'response_time', value: 700, success: true },
            { metric: 'error_rate', value: 'many', success: true },
            null,
          ],
        },
      };
      await run.signal(taskEventSignal, { event: answer(open, 'finished', data) });
      return run.result();
    });
    assert.equal(finished.data.result, 'fail');
    const evaluation = blockOf(finished, 'evaluation');
    assert.deepEqual([evaluation.timeStart, evaluation.timeEnd], ['1', '2']);
    assert.deepEqual(finished.data.labels, { build: '7', 'Problem URL': 'http://dt' });
    assert.match(JSON.stringify(evaluation), /the value is no number/);
    assert.equal(recorded.open.size, 0, 'the question is closed');
  });

  it('takes answers of several integrations, in any order, and waits for all that started', async () => {
    const recorded = new RecordingActivities();
    const finished = await withEvaluation(recorded, { fetch: dynatrace }, async (run) => {
      const open = await openQuestion(recorded);
      const values = (metric: string) => ({
        'get-sli': { indicatorValues: [{ metric, value: 5, success: true }] },
      });
      await run.signal(taskEventSignal, { event: answer(open, 'started') });
      await run.signal(taskEventSignal, { event: answer(open, 'started') });
      const first = answer(open, 'finished', values('response_time'));
      await run.signal(taskEventSignal, { event: first });
      await run.signal(taskEventSignal, { event: first });
      await run.signal(taskEventSignal, { event: { ...first, id: randomUUID(), triggeredid: 'other' } });
      await run.signal(taskEventSignal, { event: answer(open, 'finished', values('error_rate')) });
      return run.result();
    });
    assert.equal(finished.data.result, 'pass');
    const results = blockOf(finished, 'evaluation').indicatorResults;
    assert.match(JSON.stringify(results), /"error_rate","success":true|"metric":"error_rate"/);
    assert.ok(Array.isArray(results) && results.length === 2);
  });

  it('is errored when nobody starts in time, and when it starts and never finishes', async () => {
    const nobody = await withEvaluation(
      new RecordingActivities(),
      { fetch: dynatrace, timeouts: { startedMs: 50, finishedMs: 50 } },
      (run) => run.result(),
    );
    assert.equal(nobody.data.status, 'errored');
    assert.match(
      String(nobody.data.message),
      /unexpected error: timed out while waiting for sh\.keptn\.event\.get-sli\.triggered to receive a correlating \.started; is SLI provider prometheus \(dynatrace-service\) running\?/,
    );
    const recorded = new RecordingActivities();
    const silent = await withEvaluation(
      recorded,
      { fetch: dynatrace, timeouts: { startedMs: 0, finishedMs: 50 } },
      async (run) => {
        const open = await openQuestion(recorded);
        await run.signal(taskEventSignal, { event: answer(open, 'started') });
        return run.result();
      },
    );
    assert.match(String(silent.data.message), /correlating \.finished/);
  });

  it("gives the integration's own failure", async () => {
    const recorded = new RecordingActivities();
    const finished = await withEvaluation(recorded, { fetch: dynatrace }, async (run) => {
      const open = await openQuestion(recorded);
      const data = { status: 'errored', result: 'fail', message: 'no token' };
      await run.signal(taskEventSignal, { event: answer(open, 'finished', data) });
      return run.result();
    });
    assert.equal(
      finished.data.message,
      'evaluation performed by lighthouse received an unexpected error: no token',
    );
  });

  it('closes the question when the sequence is aborted', async () => {
    const recorded = new RecordingActivities();
    const activities = recorded.all({ prepareEvaluation: async () => prepared(SLO, { fetch: dynatrace }) });
    await withWorker(activities, async ({ client, taskQueue }) => {
      const request = requestFor(['evaluation']);
      const run = await client.workflow.start<typeof sequence>('sequence', {
        args: [request],
        taskQueue,
        workflowId: runIdOf(request),
      });
      await openQuestion(recorded);
      await run.signal(abortSignal, { by: 'ada' });
      assert.equal((await run.result()).outcome, 'aborted');
      await eventually('closed', () => recorded.open.size === 0);
    });
  });
});

function openQuestion(recorded: RecordingActivities): Promise<KeptnEvent> {
  return eventually('get-sli.triggered is open', () =>
    [...recorded.open.values()].find(({ type }) => type === 'sh.keptn.event.get-sli.triggered'),
  );
}

function answer(open: KeptnEvent, kind: 'started' | 'finished', data: JsonObject = {}): KeptnEvent {
  const outcome = kind === 'finished' ? { status: 'succeeded', result: 'pass' } : {};
  const event = eventOf(`sh.keptn.event.get-sli.${kind}`, { ...outcome, ...data });
  return { ...event, triggeredid: open.id, shkeptncontext: open.shkeptncontext, source: 'dynatrace-service' };
}
