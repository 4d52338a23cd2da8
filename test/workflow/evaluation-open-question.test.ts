import assert from 'node:assert/strict';
import type { PreparedEvaluation } from '../../src/contracts/activities.ts';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { taskEventSignal } from '../../src/contracts/messages.ts';
import { blockOf, eventOf, prepared, SLO, withEvaluation } from '../support/evaluations.ts';
import { eventually } from '../support/eventually.ts';
import { RecordingActivities } from '../support/recording-activities.ts';
import { temporal } from '../support/temporal.ts';

describe('an open question for SLIs', function () {
  this.timeout(60_000);
  before(async () => {
    await temporal();
  });

  const unregistered = { responders: [] };

  it('is answered by a program that is not registered', async () => {
    const values = [{ metric: 'response_time', value: 5, success: true }];
    const finished = await answered({ 'get-sli': { indicatorValues: values } }, () =>
      prepared(SLO, { fetch: unregistered }),
    );
    assert.equal(finished.data.result, 'pass');
    assert.match(JSON.stringify(blockOf(finished, 'evaluation').indicatorResults), /"value":5/);
  });

  it('says that nobody subscribes when nobody answers in time', async () => {
    const timeouts = { startedMs: 50, finishedMs: 50 };
    const finished = await withEvaluation(
      new RecordingActivities(),
      { fetch: unregistered, timeouts },
      (run) => run.result(),
    );
    assert.equal(finished.data.status, 'errored');
    assert.match(
      String(finished.data.message),
      /is SLI provider prometheus \(no integration subscribes to it\) running\?$/,
    );
  });

  describe('without slo.yaml', () => {
    const withoutFile = (): PreparedEvaluation => {
      const ready = prepared(SLO, { fetch: { indicators: [], customFilters: [], ...unregistered } });
      assert.ok(ready.outcome === 'ready');
      return { ...ready, slo: {}, sloFileContent: '' };
    };

    it("passes in Keptn's words when the provider is content", async () => {
      const { data } = await answered({}, withoutFile);
      assert.deepEqual(
        [data.status, data.result, data.message],
        [
          'succeeded',
          'pass',
          'no evaluation performed by lighthouse because no SLO file configured for project sockshop',
        ],
      );
    });

    it('is errored when the provider is', async () => {
      const { data } = await answered(
        { status: 'errored', result: 'fail', message: 'no token' },
        withoutFile,
      );
      assert.deepEqual([data.status, data.result], ['errored', 'fail']);
      assert.match(String(data.message), /received an unexpected error: no token$/);
    });
  });
});

/** The verdict on what somebody answers to the question that is open. */
function answered(data: JsonObject, prepare: () => PreparedEvaluation): Promise<KeptnEvent> {
  const recorded = new RecordingActivities();
  return withEvaluation(
    recorded,
    {},
    async (run) => {
      const open = await eventually('get-sli.triggered is open', () => [...recorded.open.values()][0]);
      for (const kind of ['started', 'finished']) {
        const event = eventOf(`sh.keptn.event.get-sli.${kind}`, {
          status: 'succeeded',
          result: 'pass',
          ...data,
        });
        await run.signal(taskEventSignal, { event: { ...event, triggeredid: open.id } });
      }
      return run.result();
    },
    { prepareEvaluation: async () => prepare() },
  );
}
