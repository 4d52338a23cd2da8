import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Activities, PreparedEvaluation, SliFetch } from '../../src/contracts/activities.ts';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import { evaluationWorkflowId } from '../../src/contracts/ids.ts';
import { isJsonObject, type JsonObject } from '../../src/contracts/json.ts';
import { abortSignal, taskEventSignal } from '../../src/contracts/messages.ts';
import type { DefaultTimeouts, EvaluationInput } from '../../src/contracts/workflows.ts';
import { parseSlo } from '../../src/files/slo.ts';
import type { sequence } from '../../src/workflows/sequence.ts';
import { eventually } from '../support/eventually.ts';
import { RecordingActivities } from '../support/recording-activities.ts';
import { requestFor, runIdOf } from '../support/requests.ts';
import { temporal, withWorker } from '../support/temporal.ts';

const SCOPE = { project: 'sockshop', stage: 'dev', service: 'carts' };
const WINDOW = { start: '2026-01-01T00:00:00.000Z', end: '2026-01-01T00:05:00.000Z' };
const SLO = `
objectives:
  - sli: response_time
    pass: [{ criteria: ["<600"] }]
  - sli: error_rate
total_score: { pass: "90%" }
`;

type Evaluation = (input: EvaluationInput) => Promise<KeptnEvent>;
type Run = WorkflowHandleWithFirstExecutionRunId<Evaluation>;

describe('workflow evaluation', function () {
  this.timeout(60_000);
  before(async () => {
    await temporal();
  });

  it('stores get-sli events as Keptn had them, then the verdict', async () => {
    const recorded = new RecordingActivities();
    const finished = await evaluate(recorded, { fetchSlis: async (fetch) => measured(fetch, 500) });
    assert.deepEqual([finished.data.status, finished.data.result], ['succeeded', 'pass']);
    assert.deepEqual(recorded.types(), [
      'get-sli.triggered',
      'get-sli.started',
      'get-sli.finished',
      'evaluation.finished',
    ]);
    const [triggered, started, answered] = recorded.events;
    assert.equal(triggered?.source, 'lighthouse-service');
    assert.equal(triggered.triggeredid, undefined);
    assert.deepEqual(triggered.data, {
      ...SCOPE,
      labels: { build: '7' },
      deployment: 'canary',
      'get-sli': {
        sliProvider: 'prometheus',
        ...WINDOW,
        indicators: ['response_time', 'error_rate'],
        customFilters: [{ key: 'job', value: 'mine' }],
      },
    });
    assert.deepEqual([started?.source, started?.triggeredid], ['prometheus-service', triggered.id]);
    assert.equal(answered?.triggeredid, triggered.id);
    assert.deepEqual(blockOf(answered, 'get-sli'), {
      ...WINDOW,
      indicatorValues: [
        { metric: 'response_time', value: 500, success: true, comparedValue: 0 },
        { metric: 'error_rate', value: 500, success: true, comparedValue: 0 },
      ],
    });
    assert.deepEqual(finished.data.labels, { build: '7' });
    assert.equal(blockOf(finished, 'evaluation')['x-note'], undefined);
  });

  it('asks again for a missing value until it is there', async () => {
    const recorded = new RecordingActivities();
    const asked: string[][] = [];
    const finished = await evaluate(
      recorded,
      {
        fetchSlis: async (fetch) => {
          asked.push(fetch.indicators);
          const found = asked.length >= 2;
          const [first = '', ...others] = fetch.indicators;
          const answer = measured({ ...fetch, indicators: others }, 1);
          return {
            ...answer,
            values: [{ metric: first, value: found ? 420 : 0, success: found }, ...answer.values],
          };
        },
      },
      { slo: SLO.replace('["<600"] }]', '["<600"] }]\n    x-no-data: { policy: fail, retry-for: 7s }') },
    );
    assert.deepEqual(asked, [['response_time', 'error_rate'], ['response_time']]);
    assert.equal(finished.data.result, 'pass');
    assert.equal(recorded.types().filter((type) => type === 'get-sli.triggered').length, 2);
  });

  it('gives up asking when the time is over, and says that nothing was measured', async () => {
    let asked = 0;
    const finished = await evaluate(
      new RecordingActivities(),
      {
        fetchSlis: async ({ indicators, start, end }) => {
          asked += 1;
          const values = indicators.map((metric) => ({
            metric,
            value: 0,
            success: false,
            message: 'no series',
          }));
          return {
            status: 'succeeded',
            result: 'fail',
            message: 'unable to retrieve metrics',
            start,
            end,
            values,
          };
        },
      },
      { slo: SLO.replace('["<600"] }]', '["<600"] }]\n    x-no-data: { policy: fail, retry-for: 1s }') },
    );
    assert.equal(asked, 2);
    assert.equal(finished.data.result, 'fail');
    assert.equal(
      finished.data.message,
      'lighthouse failed because SLI failed with message unable to retrieve metrics',
    );
    assert.match(
      String(blockOf(finished, 'evaluation')['x-note']),
      /^none of the 2 objectives has a valid value/,
    );
  });

  it('says so when a gate of information only passes without one value', async () => {
    const finished = await evaluate(
      new RecordingActivities(),
      { fetchSlis: async (fetch) => ({ ...measured(fetch, 1), values: [] }) },
      { slo: 'objectives: [{ sli: error_rate }]\ntotal_score: { pass: "90%" }' },
    );
    assert.equal(finished.data.result, 'pass');
    assert.match(String(blockOf(finished, 'evaluation')['x-note']), /nothing was measured$/);
  });

  it('judges the samples of canary and primary that the provider gives, and keeps its problems', async () => {
    const side = (level: number) => ({
      values: Array.from({ length: 40 }, (_, time) => ({ time, value: level + (time % 7) })),
    });
    const slo = 'objectives: [{ sli: response_time, x-compare: canary }]\ntotal_score: { pass: "90%" }';
    const verdictFor = async (canary: number) =>
      evaluate(
        new RecordingActivities(),
        {
          fetchSlis: async (fetch) => measured(fetch, 1),
          fetchSamples: async ({ indicators, stepSeconds }) => {
            assert.deepEqual([indicators, stepSeconds], [['response_time'], 5]);
            return {
              samples: { response_time: { canary: side(canary), primary: side(100) } },
              problems: ['p'],
            };
          },
        },
        { slo, compared: ['response_time'] },
      );
    const worse = await verdictFor(130);
    assert.equal(worse.data.result, 'fail');
    assert.match(JSON.stringify(worse.data), /canary is worse than primary: shift 30/);
    assert.deepEqual(blockOf(worse, 'evaluation')['x-problems'], ['slo.yaml:1:1 found', 'p']);
    assert.equal((await verdictFor(100)).data.result, 'pass');
  });

  it('never passes when the samples cannot be had', async () => {
    const finished = await evaluate(
      new RecordingActivities(),
      {
        fetchSlis: async (fetch) => measured(fetch, 1),
        fetchSamples: async () => {
          throw ApplicationFailure.nonRetryable('Prometheus is gone');
        },
      },
      { compared: ['response_time'] },
    );
    assert.deepEqual(
      [finished.data.status, finished.data.result, finished.data.message],
      [
        'errored',
        'fail',
        'evaluation performed by lighthouse received an unexpected error: Prometheus is gone',
      ],
    );
  });

  it("gives a failed provider's message in Keptn's words, with its status", async () => {
    const recorded = new RecordingActivities();
    const finished = await evaluate(recorded, {
      fetchSlis: async () => {
        throw ApplicationFailure.nonRetryable('no Prometheus is known');
      },
    });
    assert.deepEqual(
      [finished.data.status, finished.data.result, finished.data.message],
      [
        'errored',
        'fail',
        'evaluation performed by lighthouse received an unexpected error: no Prometheus is known',
      ],
    );
    assert.deepEqual(
      [blockOf(finished, 'evaluation').result, blockOf(finished, 'evaluation').score],
      ['pass', 0],
    );
    const answered = recorded.events.find(({ type }) => type.endsWith('get-sli.finished'));
    assert.deepEqual([answered?.data.status, answered?.data.message], ['errored', 'no Prometheus is known']);
  });

  it('is errored when slo.yaml and history cannot be read', async () => {
    const finished = await evaluate(new RecordingActivities(), {
      prepareEvaluation: async () => {
        throw ApplicationFailure.nonRetryable('the database is gone');
      },
    });
    assert.deepEqual([finished.data.status, finished.data.result], ['errored', 'fail']);
    assert.match(String(finished.data.message), /the database is gone$/);
  });

  describe('with a provider that only an integration has', () => {
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
});

interface Setting {
  slo?: string;
  compared?: string[];
  fetch?: Partial<SliFetch>;
  timeouts?: DefaultTimeouts;
}

function evaluate(
  recorded: RecordingActivities,
  overrides: Partial<Activities>,
  setting: Setting = {},
): Promise<KeptnEvent> {
  return withEvaluation(recorded, setting, (run) => run.result(), overrides);
}

/** Starts one evaluation on a worker of its own and lets `body` play its part. */
function withEvaluation(
  recorded: RecordingActivities,
  setting: Setting,
  body: (run: Run) => Promise<KeptnEvent>,
  overrides: Partial<Activities> = {},
): Promise<KeptnEvent> {
  const activities = recorded.all({
    prepareEvaluation: async () => prepared(setting.slo ?? SLO, setting),
    ...overrides,
  });
  return withWorker(activities, async ({ client, taskQueue }) => {
    const triggered = eventOf('sh.keptn.event.evaluation.triggered', { labels: { build: '7' } });
    const scope = { ...SCOPE, keptnContext: triggered.shkeptncontext };
    const { timeouts } = setting;
    const input = {
      ...scope,
      gitCommitId: 'abc',
      triggered,
      ...(timeouts === undefined ? {} : { timeouts }),
    };
    const run = await client.workflow.start<Evaluation>('evaluation', {
      args: [input],
      taskQueue,
      workflowId: evaluationWorkflowId({ ...scope, triggeredId: triggered.id }),
    });
    return body(run);
  });
}

function prepared(text: string, { compared = [], fetch }: Setting): PreparedEvaluation {
  const { slo } = parseSlo(text);
  assert.ok(slo);
  const request: SliFetch = {
    ...SCOPE,
    provider: 'prometheus',
    indicators: slo.objectives.map(({ sli }) => sli),
    ...WINDOW,
    deployment: 'canary',
    labels: { build: '7' },
    customFilters: [{ key: 'job', value: 'mine' }],
    gitCommitId: 'abc',
    ...fetch,
  };
  return {
    outcome: 'ready',
    slo: JSON.parse(JSON.stringify(slo)) as JsonObject,
    sloFileContent: '',
    previous: [],
    fetches: [request],
    ...(compared.length === 0
      ? {}
      : {
          comparisons: [{ ...request, indicators: compared, stepSeconds: 5 }],
          problems: ['slo.yaml:1:1 found'],
        }),
  };
}

function measured({ indicators, start, end }: SliFetch, value: number) {
  const values = indicators.map((metric) => ({ metric, value, success: true }));
  return { status: 'succeeded', result: 'pass', message: '', start, end, values } as const;
}

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

function eventOf(type: string, data: JsonObject): KeptnEvent {
  return {
    id: randomUUID(),
    type,
    source: 'test',
    specversion: '1.0',
    contenttype: 'application/json',
    time: new Date().toISOString(),
    shkeptncontext: randomUUID(),
    data: { ...SCOPE, ...data } as KeptnEvent['data'],
  };
}

function blockOf(event: KeptnEvent | undefined, key: string): JsonObject {
  const block = event?.data[key];
  return isJsonObject(block) ? block : {};
}
