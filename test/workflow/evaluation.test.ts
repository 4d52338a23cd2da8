import assert from 'node:assert/strict';
import { blockOf, evaluate, measured, SCOPE, SLO, WINDOW } from '../support/evaluations.ts';
import { RecordingActivities } from '../support/recording-activities.ts';
import { temporal } from '../support/temporal.ts';

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
});
