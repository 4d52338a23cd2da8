import assert from 'node:assert/strict';
import type { PreparedEvaluation } from '../../src/contracts/activities.ts';
import type { EventData, KeptnEvent } from '../../src/contracts/events.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { taskEventSignal } from '../../src/contracts/messages.ts';
import type { EvaluationInput } from '../../src/contracts/workflows.ts';
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
      return { ...ready, slo: null, sloFileContent: '' };
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

describe('a slo.yaml that an integration writes while it measures', function () {
  this.timeout(60_000);
  before(async () => {
    await temporal();
  });

  const fetch = { responders: ['dynatrace-service'] };
  const values = [{ metric: 'response_time', value: 700, success: true }];
  const looser = SLO.replace('<600', '<800');
  const commits: string[] = [];
  const prepareAt = ({ gitCommitId }: EvaluationInput): PreparedEvaluation => {
    commits.push(gitCommitId);
    return prepared(gitCommitId === 'abc' ? SLO : looser, { fetch });
  };
  beforeEach(() => commits.splice(0));

  it('judges when the answer names no commit, which means the newest, or another one', async () => {
    const newest = await answered({ 'get-sli': { indicatorValues: values } }, prepareAt);
    assert.deepEqual([newest.data.result, commits], ['pass', ['abc', '']]);
    commits.splice(0);
    const other = await answered({ 'get-sli': { indicatorValues: values } }, prepareAt, 'def');
    assert.deepEqual([other.data.result, commits], ['pass', ['abc', 'def']]);
  });

  it('is not looked for when the answer names the commit of the question, or fails', async () => {
    const same = await answered({ 'get-sli': { indicatorValues: values } }, prepareAt, 'abc');
    assert.deepEqual([same.data.result, commits], ['fail', ['abc']]);
    commits.splice(0);
    await answered({ status: 'errored', result: 'fail', message: 'no token' }, prepareAt);
    assert.deepEqual(commits, ['abc']);
  });

  it('ends the evaluation when it cannot be used, with the window of the answer', async () => {
    const broken: EventData = {
      project: 'sockshop',
      stage: 'dev',
      service: 'carts',
      status: 'errored',
      result: 'fail',
      evaluation: { timeStart: 'a', timeEnd: 'b', score: 0 },
    };
    const { data } = await answered({ 'get-sli': { start: '1', end: '2' } }, ({ gitCommitId }) =>
      gitCommitId === 'abc' ? prepared(SLO, { fetch }) : { outcome: 'finished', finished: broken },
    );
    assert.deepEqual([data.status, data.evaluation], ['errored', { timeStart: '1', timeEnd: '2', score: 0 }]);
  });
});

/** The verdict on what somebody answers to the question that is open. */
function answered(
  data: JsonObject,
  prepare: (input: EvaluationInput) => PreparedEvaluation,
  gitcommitid?: string,
): Promise<KeptnEvent> {
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
        const commit = gitcommitid === undefined ? {} : { gitcommitid };
        await run.signal(taskEventSignal, { event: { ...event, ...commit, triggeredid: open.id } });
      }
      return run.result();
    },
    { prepareEvaluation: async (input) => prepare(input) },
  );
}
