import assert from 'node:assert/strict';
import { SliRetryableError, SliTerminalError } from '../../../src/activities/sli/errors.ts';
import type { SliProvider, SliRequest } from '../../../src/activities/sli/sli-provider.ts';
import type { EventData } from '../../../src/contracts/events.ts';
import type { JsonObject } from '../../../src/contracts/json.ts';
import { ActivityWorld, eventOf, inContext, SCOPE } from '../../support/activity-world.ts';

const WINDOW = { evaluation: { start: '2026-01-01T00:00:00.000Z', end: '2026-01-01T00:05:00.000Z' } };
const SLO = `
spec_version: "1.0"
filter: { job: mine }
comparison: { compare_with: several_results, number_of_comparison_results: 2, include_result_with_score: pass_or_warn }
objectives:
  - sli: response_time
    pass: [{ criteria: ["<600"] }]
  - sli: error_rate
total_score: { pass: "90%" }
`;

class FixedProvider implements SliProvider {
  readonly name = 'fixed';
  readonly requests: SliRequest[] = [];
  readonly #failure: Error | undefined;

  constructor(failure?: Error) {
    this.#failure = failure;
  }

  async fetch(request: SliRequest) {
    this.requests.push(request);
    if (this.#failure !== undefined) throw this.#failure;
    return {
      status: 'succeeded' as const,
      result: 'pass' as const,
      message: '',
      start: request.start,
      end: request.end,
      values: request.indicators.map((metric) => ({ metric, value: 1, success: true, query: 'q' })),
    };
  }
}

describe('the inputs of an evaluation', function () {
  this.timeout(60_000);
  let world: ActivityWorld;
  beforeEach(async () => {
    world = await ActivityWorld.open();
  });
  afterEach(() => world.close());

  const prepare = async (data: JsonObject, options = {}, scope: Partial<typeof SCOPE> = {}) => {
    const triggered = await world.event('evaluation', { ...data, ...scope });
    const gitCommitId = triggered.gitcommitid ?? '';
    const { prepareEvaluation } = world.activities({ options });
    return inContext(prepareEvaluation, {
      ...SCOPE,
      ...scope,
      keptnContext: triggered.shkeptncontext,
      gitCommitId,
      triggered,
    });
  };
  const ended = async (...parameters: Parameters<typeof prepare>): Promise<EventData> => {
    const prepared = await prepare(...parameters);
    assert.ok(prepared.outcome === 'finished');
    return prepared.finished;
  };
  const FIXED = { defaultSliProvider: 'fixed' };

  it('hand over the window, slo.yaml, its filter and the SLIs, and the deployment and labels of the event', async () => {
    const commit = await world.write('slo.yaml', SLO);
    const prepared = await prepare(
      { ...WINDOW, deployment: { deploymentNames: ['canary'] }, labels: { build: '7' } },
      FIXED,
    );
    assert.ok(prepared.outcome === 'ready');
    assert.deepEqual(prepared.fetches, [
      {
        ...SCOPE,
        provider: 'fixed',
        indicators: ['response_time', 'error_rate'],
        ...WINDOW.evaluation,
        deployment: 'canary',
        labels: { build: '7' },
        customFilters: [{ key: 'job', value: 'mine' }],
        gitCommitId: commit,
        responders: [],
      },
    ]);
    assert.equal(Buffer.from(prepared.sloFileContent, 'base64').toString(), SLO);
  });

  it('read slo.yaml at the commit of the event, not the newest', async () => {
    const commit = await world.write('slo.yaml', SLO);
    await world.write('slo.yaml', SLO.replace('error_rate', 'other'));
    const triggered = { ...eventOf('sh.keptn.event.evaluation.triggered', WINDOW), gitcommitid: commit };
    const input = { ...SCOPE, keptnContext: triggered.shkeptncontext, gitCommitId: commit, triggered };
    const prepared = await inContext(world.activities({ options: FIXED }).prepareEvaluation, input);
    assert.ok(prepared.outcome === 'ready');
    assert.deepEqual(prepared.fetches[0]?.indicators, ['response_time', 'error_rate']);
  });

  it("end in Keptn's words without a window, a file, a provider, or a service", async () => {
    const noWindow = await ended({});
    assert.deepEqual(
      [noWindow.status, noWindow.result, noWindow.message],
      ['errored', 'fail', 'evaluation.triggered event does not contain evaluation timeframe'],
    );
    const noProvider = await ended(WINDOW);
    assert.deepEqual(
      [noProvider.status, noProvider.result, noProvider.message],
      [
        'succeeded',
        'pass',
        'no evaluation performed by lighthouse because no SLI-provider configured for project sockshop',
      ],
    );
    const noFile = await ended({ ...WINDOW, labels: { build: '7' } }, FIXED);
    assert.equal(
      noFile.message,
      'no evaluation performed by lighthouse because no SLO file configured for project sockshop',
    );
    assert.deepEqual(noFile.labels, { build: '7' });
    assert.deepEqual(noFile.evaluation, {
      timeStart: WINDOW.evaluation.start,
      timeEnd: WINDOW.evaluation.end,
      result: 'pass',
      score: 0,
      sloFileContent: '',
      indicatorResults: null,
    });
    const noService = await ended(WINDOW, FIXED, { service: 'nope' });
    assert.deepEqual(
      [noService.status, noService.message],
      ['errored', 'error retrieving SLO file: service nope not found'],
    );
    const noStage = await ended(WINDOW, FIXED, { stage: 'nope' });
    assert.equal(noStage.message, 'error retrieving SLO file: stage nope not found');
  });

  it("end in Keptn's words for a broken slo.yaml, and tell beside them where it is broken", async () => {
    await world.write('slo.yaml', 'objectives:\n  - sli: [1]\n');
    const { status, message, evaluation } = await ended(WINDOW, FIXED);
    assert.equal(status, 'errored');
    assert.equal(message, 'Could not parse SLO file for service carts in stage dev in project sockshop');
    assert.deepEqual((evaluation as JsonObject)['x-problems'], [
      'slo.yaml:2:10 objectives[0].sli: expected a string, got a list',
    ]);
    await world.write('slo.yaml', 'objectives:\n  - sli: a\n    x-no-data: perhaps\n');
    assert.match(
      String((await ended(WINDOW, FIXED)).message),
      /^slo\.yaml:3:16: error: .*"perhaps" is unknown/,
    );
  });

  it('report what Keptn would silently read differently', async () => {
    await world.write('slo.yaml', SLO.replace('pass_or_warn', 'pass_or_warning').replace('"<600"', '">=-5"'));
    const prepared = await prepare(WINDOW, FIXED);
    assert.ok(prepared.outcome === 'ready');
    assert.match(
      prepared.problems?.[0] ?? '',
      /^slo\.yaml:4:\d+ comparison\.include_result_with_score: "pass_or_warning" means all/,
    );
    assert.match(prepared.problems?.[1] ?? '', /^slo\.yaml:7:\d+ objectives\[0\].*is the baseline minus 5/);
    assert.equal(prepared.problems?.length, 2);
  });

  it('inherit from stage and project only where slo.yaml asks for it', async () => {
    await world.write('slo.yaml', 'objectives: [{ sli: base }]\ntotal_score: { pass: "80%" }', 'project');
    await world.write('slo.yaml', 'objectives: [{ sli: of_stage }]', 'stage');
    await world.write('slo.yaml', 'objectives: [{ sli: own }]\ntotal_score: { pass: "95%" }');
    const indicators = async () => {
      const prepared = await prepare(WINDOW, FIXED);
      return prepared.outcome === 'ready' ? prepared.fetches[0]?.indicators : prepared.finished.message;
    };
    assert.deepEqual(await indicators(), ['own']);
    await world.write('slo.yaml', 'x-inherit: true\nobjectives: [{ sli: own }]');
    assert.deepEqual(await indicators(), ['base', 'of_stage', 'own']);
    await world.write('slo.yaml', 'objectives: 5', 'stage');
    assert.match(String(await indicators()), /^stage\/slo\.yaml:1:13: error: objectives/);
  });

  it('take an OpenSLO document in place of slo.yaml', async () => {
    await world.write(
      'slo.yaml',
      'apiVersion: openslo/v1\nkind: SLO\nmetadata: { name: x }\nspec:\n  indicatorRef: p99\n  objectives: [{ op: lte, value: 0.4 }]\n',
    );
    const prepared = await prepare(WINDOW, FIXED);
    assert.ok(prepared.outcome === 'ready');
    assert.deepEqual(prepared.fetches[0]?.indicators, ['p99']);
    await world.write('slo.yaml', 'apiVersion: openslo/v1\nkind: Service\n');
    assert.match(String((await ended(WINDOW, FIXED)).message), /a Service cannot be a gate/);
  });

  it('ask for samples of x-compare at a step that suits the window', async () => {
    const slo = 'objectives: [{ sli: a, x-compare: canary }, { sli: b }]\ntotal_score: { pass: "90%" }';
    await world.write('slo.yaml', slo);
    const comparison = async (evaluation: JsonObject) => {
      const prepared = await prepare({ evaluation }, FIXED);
      assert.ok(prepared.outcome === 'ready');
      const [{ indicators, stepSeconds } = { indicators: [], stepSeconds: 0 }] = prepared.comparisons ?? [];
      return [indicators, stepSeconds];
    };
    assert.deepEqual(await comparison(WINDOW.evaluation), [['a'], 5]);
    assert.deepEqual(await comparison({ ...WINDOW.evaluation, 'x-step': '15s' }), [['a'], 15]);
    assert.deepEqual(await comparison({ timeframe: '5h' }), [['a'], 36]);
  });

  describe('for a provider that no worker has', () => {
    const prepareFor = async (event: string, provider = 'dynatrace') => {
      await world.store.saveRegistration('r', { name: 'dynatrace-service', subscriptions: [{ event }] });
      const triggered = await world.event('evaluation', WINDOW);
      const { prepareEvaluation } = world.activities({
        options: { defaultSliProvider: provider },
        sliProviders: [new FixedProvider()],
      });
      const input = { ...SCOPE, keptnContext: 'c', gitCommitId: triggered.gitcommitid ?? '', triggered };
      return inContext(prepareEvaluation, input);
    };

    it('leave it to the integrations that ask for it by name, and to whoever else answers', async () => {
      await world.write('slo.yaml', SLO);
      const responders = async (...parameters: Parameters<typeof prepareFor>) => {
        const prepared = await prepareFor(...parameters);
        return prepared.outcome === 'ready' ? prepared.fetches[0]?.responders : undefined;
      };
      assert.deepEqual(await responders('sh.keptn.event.get-sli.triggered'), ['dynatrace-service']);
      assert.equal(await responders('sh.keptn.event.get-sli.triggered', 'fixed'), undefined);
      assert.deepEqual(await responders('sh.keptn.>'), [], 'a notification service never answers');
    });

    it('ask an integration also without slo.yaml, and nobody else', async () => {
      const asked = await prepareFor('sh.keptn.event.get-sli.triggered');
      assert.ok(asked.outcome === 'ready');
      assert.deepEqual([asked.slo, asked.sloFileContent], [null, '']);
      assert.deepEqual(asked.fetches[0]?.indicators, []);
      assert.equal((await prepareFor('sh.keptn.event.get-sli.triggered', 'fixed')).outcome, 'finished');
      assert.equal((await prepareFor('sh.keptn.>')).outcome, 'finished');
    });
  });

  it('take the provider of the project, else the default, else Prometheus where its queries are', async () => {
    await world.write('slo.yaml', SLO);
    const provider = async (options = {}) => {
      const prepared = await prepare(WINDOW, options);
      return prepared.outcome === 'ready' ? prepared.fetches[0]?.provider : undefined;
    };
    assert.equal(await provider(), undefined);
    await world.write('prometheus/sli.yaml', 'indicators: {}', 'stage');
    assert.equal(await provider(), 'prometheus');
    assert.equal(await provider(FIXED), 'fixed');
    const project = await world.store.project(SCOPE.project);
    assert.ok(project);
    await world.store.saveProject({ ...project, sliProvider: 'dynatrace' });
    assert.equal(await provider(FIXED), 'dynatrace');
  });

  it('compare the step of a canary with earlier steps of the same weight, and everything else with no step', async () => {
    await world.write('slo.yaml', SLO);
    const earlier = async (label: { [key: string]: string }, second: number): Promise<string> => {
      const time = `2026-01-01T00:00:0${second}.000Z`;
      const finished = { ...(await world.event('evaluation', { labels: label, result: 'pass' })), time };
      await world.activities().saveEvaluation({ triggeredId: `trigger-${second}`, finished });
      return finished.id;
    };
    const plain = await earlier({}, 1);
    const fifty = await earlier({ 'canary-step': '50' }, 2);
    await earlier({ 'canary-step': '10' }, 3);
    const compared = async (labels: { [key: string]: string }) => {
      const prepared = await prepare({ ...WINDOW, labels }, FIXED);
      assert.ok(prepared.outcome === 'ready');
      return prepared.previous.map(({ id }) => id);
    };
    assert.deepEqual(await compared({ build: '7' }), [plain]);
    assert.deepEqual(await compared({ 'canary-step': '50' }), [fifty]);
    assert.deepEqual(await compared({ 'canary-step': '100' }), []);
  });

  it('hand over as much history as slo.yaml compares with, newest first, without invalidated ones', async () => {
    await world.write('slo.yaml', SLO);
    const { saveEvaluation } = world.activities();
    const results = ['pass', 'fail', 'warning', 'pass', 'pass'] as const;
    for (const [index, result] of results.entries()) {
      const value = { metric: 'response_time', value: index, success: true };
      const finished = {
        ...eventOf('sh.keptn.event.evaluation.finished', {
          result,
          status: 'succeeded',
          evaluation: {
            score: 50 + index,
            indicatorResults: [{ value }, { value: { ...value, metric: 'gone' } }, { value: null }],
          },
        }),
        id: `id-${index}`,
        time: `2026-01-01T00:00:0${index}.000Z`,
      };
      await inContext(saveEvaluation, { triggeredId: `t-${index}`, finished });
      await inContext(saveEvaluation, { triggeredId: `t-${index}`, finished });
    }
    await world.store.invalidate('t-4', 'noise');
    const prepared = await prepare(WINDOW, FIXED);
    assert.ok(prepared.outcome === 'ready');
    assert.deepEqual(prepared.previous, [
      {
        id: 'id-3',
        result: 'pass',
        indicatorResults: [{ metric: 'response_time', value: 3, success: true }],
      },
      {
        id: 'id-2',
        result: 'warning',
        indicatorResults: [{ metric: 'response_time', value: 2, success: true }],
      },
    ]);
    const [row] = await world.store.evaluations({ ...SCOPE, limit: 1 });
    assert.deepEqual([row?.id, row?.score, row?.triggeredId], ['id-4', 54, 't-4']);
  });

  describe('fetched from a provider', () => {
    const fetch = async (provider: SliProvider, name = provider.name) => {
      const { fetchSlis } = world.activities({ sliProviders: [provider] });
      const { start, end } = WINDOW.evaluation;
      return inContext(fetchSlis, {
        ...SCOPE,
        provider: name,
        indicators: ['a'],
        start,
        end,
        deployment: '',
        labels: {},
        customFilters: [],
        gitCommitId: '',
      });
    };

    it('come back without the queries', async () => {
      const answer = await fetch(new FixedProvider());
      assert.deepEqual(answer.values, [{ metric: 'a', value: 1, success: true }]);
    });

    it('are errored when the provider cannot answer for good or is not there, and retried otherwise', async () => {
      const broken = await fetch(
        new FixedProvider(new SliTerminalError('missing required field: indicators')),
      );
      assert.deepEqual(
        [broken.status, broken.result, broken.message],
        ['errored', 'fail', 'missing required field: indicators'],
      );
      const unknown = await fetch(new FixedProvider(), 'dynatrace');
      assert.match(
        unknown.message,
        /uses the SLI provider "dynatrace", which this worker does not have \(it has fixed\)/,
      );
      assert.equal(unknown.status, 'errored');
      await assert.rejects(fetch(new FixedProvider(new SliRetryableError('away'))), {
        name: 'SliRetryableError',
      });
    });
  });
});
