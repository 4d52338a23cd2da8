import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseSlo } from '../../../src/files/slo.ts';
import { evaluateGate, type GateInput } from '../../../src/gate/evaluate.ts';
import { SliPool } from '../../../src/gate/sli-pool.ts';
import type { PreviousEvaluation, SliResult, Verdict } from '../../../src/gate/types.ts';

interface Setting {
  readonly slo: string | null;
  readonly values?: Readonly<Record<string, number>>;
  readonly sliResults?: readonly SliResult[];
  readonly previous?: readonly PreviousEvaluation[];
  readonly getSli?: GateInput['getSli'];
}

function judge({ slo, values = {}, sliResults, previous = [], getSli }: Setting): Verdict {
  const parsed = parseSlo(slo);
  return evaluateGate({
    slo: parsed.slo,
    ...(parsed.sloProblem === undefined ? {} : { sloProblem: parsed.sloProblem }),
    sliResults:
      sliResults ?? Object.entries(values).map(([metric, value]) => ({ metric, value, success: true })),
    previousResults: previous,
    ...(getSli === undefined ? {} : { getSli }),
    project: 'sockshop',
    stage: 'staging',
    service: 'carts',
  });
}

function run(id: string, value: number, result = 'pass'): PreviousEvaluation {
  return { id, result, indicatorResults: [{ metric: 'rt', value, success: true }] };
}

const RT = (extra = '', total = 'total_score: {pass: 90%, warning: 75%}') =>
  `objectives:\n- sli: rt\n  pass: [{criteria: ["<=+10%"]}]\n${extra}${total}\n`;

describe('the gate', () => {
  it('passes without a slo.yaml and says that nothing was judged', () => {
    const verdict = judge({ slo: null });
    assert.deepEqual([verdict.status, verdict.result, verdict.evaluation.score], ['succeeded', 'pass', 0]);
    assert.match(verdict.message, /no SLO file configured for project sockshop/);
  });

  it('errs on an unparsable slo.yaml with the words of lighthouse', () => {
    const verdict = judge({ slo: 'objectives: [' });
    assert.deepEqual(
      [verdict.status, verdict.result, verdict.evaluation.result],
      ['errored', 'fail', 'fail'],
    );
    assert.equal(
      verdict.message,
      'Could not parse SLO file for service carts in stage staging in project sockshop',
    );
  });

  it('names the place where lighthouse itself would crash', () => {
    assert.match(judge({ slo: '---\n' }).message, /^slo\.yaml:1:1/);
    assert.match(
      judge({ slo: 'objectives:\n- sli: rt\n  pass:\n  - ~\n' }).message,
      /^slo\.yaml:4:5.*pass\[0\]/,
    );
  });

  it('does not score what the provider could not measure', () => {
    const errored = judge({ slo: RT(), getSli: { status: 'errored', result: 'pass', message: 'no route' } });
    assert.deepEqual(
      [errored.status, errored.result, errored.evaluation.result],
      ['errored', 'fail', 'pass'],
    );
    assert.match(errored.message, /received an unexpected error: no route$/);
    const aborted = judge({ slo: null, getSli: { status: 'aborted' } });
    assert.equal(aborted.message, 'evaluation performed by lighthouse was aborted');
  });

  it('fails outside and keeps the score inside when the provider says fail', () => {
    const verdict = judge({
      slo: RT(),
      values: { rt: 1 },
      getSli: { status: 'succeeded', result: 'fail', message: 'm' },
    });
    assert.deepEqual(
      [verdict.result, verdict.evaluation.result, verdict.evaluation.score],
      ['fail', 'pass', 100],
    );
    assert.equal(verdict.message, 'lighthouse failed because SLI failed with message m');
  });

  it('says first of all that there is no objective', () => {
    const verdict = judge({
      slo: 'total_score: {pass: 0}',
      getSli: { result: 'fail', message: 'no SLIs' },
      values: { x: 1 },
    });
    assert.deepEqual(
      [verdict.result, verdict.evaluation.result, verdict.evaluation.indicatorResults],
      ['fail', 'pass', null],
    );
    assert.equal(verdict.message, 'lighthouse failed because no SLO objective was provided');
  });

  it('compares with the newest accepted runs and lists all of them', () => {
    const comparison =
      'comparison: {compare_with: several_results, include_result_with_score: Pass_Or_Warn, number_of_comparison_results: 2}\n';
    const previous = [
      run('e', 1, 'fail'),
      { ...run('d', 2), invalidated: true },
      run('c', 100),
      run('b', 200, 'warning'),
      run('a', 900),
    ];
    const verdict = judge({ slo: comparison + RT(), values: { rt: 165 }, previous });
    assert.deepEqual(verdict.evaluation.comparedEvents, ['c', 'b']);
    assert.deepEqual(verdict.evaluation.indicatorResults?.[0]?.value?.comparedValue, 150);
    assert.equal(verdict.result, 'pass');
    assert.equal(judge({ slo: comparison + RT(), values: { rt: 165.01 }, previous }).result, 'fail');
  });

  it('refuses to compare with more runs than the store hands out', () => {
    for (const number of [101, -1]) {
      const slo = `comparison: {compare_with: several_results, number_of_comparison_results: ${number}}\n${RT()}`;
      const verdict = judge({ slo, values: { rt: 1 } });
      assert.equal(verdict.message, 'could not retrieve previous evaluation.finished events');
      assert.equal(verdict.status, 'errored');
    }
    const ignored = `comparison: {compare_with: single_result, number_of_comparison_results: 500}\n${RT()}`;
    assert.equal(judge({ slo: ignored, values: { rt: 1 } }).result, 'pass');
  });

  it('stops at an unparsable pass criterion and swallows an unparsable warning criterion', () => {
    const broken = judge({
      slo: RT('- sli: e\n  displayName: Errors\n  pass: [{criteria: ["<1", "5"]}]\n'),
      values: { rt: 1, e: 0 },
    });
    assert.deepEqual(
      [broken.status, broken.result, broken.evaluation.indicatorResults],
      ['succeeded', 'fail', null],
    );
    assert.equal(broken.message, 'error with Errors: invalid criteria string');
    const warning = judge({
      slo: RT('  warning: [{criteria: ["<1000"]}, {criteria: ["<5ms"]}]\n'),
      values: { rt: 500 },
      previous: [run('a', 1)],
    });
    assert.deepEqual(warning.evaluation.indicatorResults?.[0]?.warningTargets, []);
    assert.equal(warning.result, 'fail');
  });

  it('names the last key objective that failed', () => {
    const slo = `objectives:
- {sli: a, displayName: A, key_sli: true, pass: [{criteria: ["<1"]}]}
- {sli: b, displayName: B, key_sli: true, pass: [{criteria: ["<1"]}]}
- {sli: c, key_sli: true}
total_score: {pass: 0%}`;
    const sliResults = [
      { metric: 'a', value: 5, success: true },
      { metric: 'b', value: 0, success: false, message: 'query failed' },
    ];
    const verdict = judge({ slo, sliResults });
    assert.equal(verdict.message, "Evaluation failed due to key_sli objective 'B': query failed");
    assert.deepEqual(
      verdict.evaluation.indicatorResults?.map((indicator) => indicator.keySli),
      [true, false, false],
    );
  });

  it('fills the place of a taken value with the last one, which shows in the order of leftovers', () => {
    const values = { x: 1, rt: 1, y: 1, z: 1 };
    assert.match(judge({ slo: RT(), values }).message, /specified as SLO: x, z, y \. Please/);
  });

  it('reports numbers that an evaluation cannot carry', () => {
    const previous = [run('b', 1e308), run('a', 1e308)];
    const slo = `comparison: {compare_with: several_results, number_of_comparison_results: 2}\n${RT()}`;
    const verdict = judge({ slo, values: { rt: 1 }, previous });
    assert.equal(verdict.status, 'errored');
    assert.match(verdict.message, /the baseline of objective "rt" is \+Inf/);
    assert.match(
      judge({ slo: RT().replace('<=+10%', '<inf'), values: { rt: 1 } }).message,
      /target of "<inf"/,
    );
  });

  it('writes scores and thresholds as Go does', () => {
    const slo = RT('', 'total_score: {pass: 1e6, warning: 1234567.5}');
    const verdict = judge({ slo, values: { rt: 1 } });
    assert.match(verdict.message, /score of 100 is below the warning value of 1\.2345675e\+06$/);
  });

  it('treats hostile metric names as names', () => {
    const slo =
      'objectives:\n- {sli: __proto__, pass: [{criteria: ["<5"]}]}\n- {sli: constructor}\ntotal_score: {pass: 90}';
    const sliResults = [{ metric: '__proto__', value: 4, success: true }];
    assert.equal(judge({ slo, sliResults }).result, 'pass');
  });

  it('stays linear for ten thousand objectives on one metric', () => {
    const objectives = '- {sli: rt, pass: [{criteria: ["<5"]}]}\n'.repeat(10_000);
    const sliResults = Array.from({ length: 10_000 }, () => ({ metric: 'rt', value: 1, success: true }));
    const started = performance.now();
    const verdict = judge({ slo: `objectives:\n${objectives}total_score: {pass: 90}`, sliResults });
    assert.equal(verdict.result, 'pass');
    assert.ok(performance.now() - started < 5000);
  });

  it('never passes a run below its threshold, and gives the same verdict twice', () => {
    const objective = fc.record({
      value: fc.integer({ min: 0, max: 20 }),
      limit: fc.integer({ min: 0, max: 20 }),
      weight: fc.integer({ min: 1, max: 5 }),
      warning: fc.option(fc.integer({ min: 0, max: 30 })),
    });
    fc.assert(
      fc.property(
        fc.array(objective, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 100 }),
        (objectives, pass) => {
          const lines = objectives.map(({ limit, weight, warning }, index) => {
            const band = warning === null ? '' : `, warning: [{criteria: ["<=${warning}"]}]`;
            return `- {sli: m${index}, weight: ${weight}, pass: [{criteria: ["<=${limit}"]}]${band}}`;
          });
          const slo = `objectives:\n${lines.join('\n')}\ntotal_score: {pass: "${pass}%"}`;
          const values = Object.fromEntries(objectives.map(({ value }, index) => [`m${index}`, value]));
          const verdict = judge({ slo, values });
          let points = 0;
          let maximum = 0;
          for (const { value, limit, weight, warning } of objectives) {
            maximum += weight;
            if (value <= limit) points += weight;
            else if (warning !== null && value <= warning) points += weight / 2;
          }
          assert.equal(verdict.evaluation.score, 100 * (points / maximum));
          assert.equal(verdict.result, 100 * (points / maximum) >= pass ? 'pass' : 'fail');
          assert.deepEqual(judge({ slo, values }), verdict);
        },
      ),
    );
  });
});

describe('the pool of received values', () => {
  it('takes and leaves values in the order of a list whose gaps are filled from its end', () => {
    const metric = fc.constantFrom('a', 'b', 'c');
    fc.assert(
      fc.property(
        fc.array(metric, { maxLength: 12 }),
        fc.array(metric, { maxLength: 12 }),
        (metrics, wanted) => {
          const values = metrics.map((name, value) => ({ metric: name, value, success: true }));
          const pool = new SliPool(values);
          const list = [...values];
          for (const name of wanted) {
            const place = list.findIndex((value) => value.metric === name);
            const expected = list[place];
            const last = place < 0 ? undefined : list.pop();
            if (last !== undefined && place < list.length) list[place] = last;
            assert.equal(pool.take(name), expected);
          }
          assert.deepEqual(pool.rest(), list);
        },
      ),
    );
  });
});
