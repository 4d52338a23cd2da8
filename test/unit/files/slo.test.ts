import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatProblem } from '../../../src/files/problem.ts';
import { parseSlo } from '../../../src/files/slo.ts';
import { unknownSloKeys } from '../../../src/files/slo-keys.ts';
import { reviewSlo } from '../../../src/files/slo-review.ts';
import { evaluateGate } from '../../../src/gate/evaluate.ts';

const FILE = `---
spec_version: "1.0"
filter:
  handler: ItemsController
comparison:
  compare_with: "several_results"
  include_result_with_score: "pass"
  number_of_comparison_results: 3
  aggregate_function: avg
objectives:
  - sli: response_time_p95
    displayName: "Response time"
    key_sli: false
    pass:
      - criteria: ["<=+10%", "<600"]
    warning:
      - criteria:
          - "<=800"
    weight: 2
  - sli: error_rate
total_score:
  pass: "90%"
  warning: "75%"
`;

function objective(line: string) {
  const { slo, problems } = parseSlo(`objectives:\n- {sli: a, ${line}}`);
  assert.deepEqual(problems, []);
  const [first] = slo?.objectives ?? [];
  assert.ok(first);
  return first;
}

describe('slo.yaml', () => {
  it('is read with its defaults, also with CRLF and a byte order mark', () => {
    for (const text of [FILE, `\uFEFF${FILE}`, FILE.replaceAll('\n', '\r\n')]) {
      const { slo, problems } = parseSlo(text);
      assert.deepEqual(problems, []);
      assert.deepEqual(slo, {
        specVersion: '1.0',
        filter: { handler: 'ItemsController' },
        comparison: {
          compareWith: 'several_results',
          includeResultWithScore: 'pass',
          numberOfComparisonResults: 3,
          aggregateFunction: 'avg',
        },
        objectives: [
          {
            sli: 'response_time_p95',
            displayName: 'Response time',
            pass: [{ criteria: ['<=+10%', '<600'] }],
            warning: [{ criteria: ['<=800'] }],
            weight: 2,
            keySli: false,
          },
          { sli: 'error_rate', displayName: '', pass: [], warning: [], weight: 1, keySli: false },
        ],
        totalScore: { pass: '90%', warning: '75%' },
      });
    }
  });

  it('has other defaults for an absent comparison than for an incomplete one', () => {
    assert.deepEqual(parseSlo('a: 1').slo?.comparison, {
      compareWith: 'single_result',
      includeResultWithScore: 'all',
      numberOfComparisonResults: 1,
      aggregateFunction: 'avg',
    });
    assert.deepEqual(parseSlo('comparison: {}').slo?.comparison, {
      compareWith: '',
      includeResultWithScore: 'all',
      numberOfComparisonResults: 3,
      aggregateFunction: 'avg',
    });
    assert.deepEqual(parseSlo('comparison:').slo?.comparison, parseSlo('a: 1').slo?.comparison);
  });

  it('reads weights as Go integers', () => {
    for (const [text, weight] of [
      ['0', 1],
      ['0.5', 1],
      ['2.7', 2],
      ['-2.7', -2],
      ['0x10', 16],
      ['017', 15],
      ['1_000', 1000],
      ['1e3', 1000],
      ['~', 1],
      ['-3', -3],
    ] as const)
      assert.equal(objective(`weight: ${text}`).weight, weight, text);
  });

  it('reads key_sli in the spellings of YAML 1.1', () => {
    for (const text of ['true', 'yes', 'On', 'Y', '"yes"'])
      assert.equal(objective(`key_sli: ${text}`).keySli, true, text);
    for (const text of ['false', 'no', 'OFF', 'n', '~'])
      assert.equal(objective(`key_sli: ${text}`).keySli, false, text);
  });

  it('takes any scalar for a string and drops null criteria', () => {
    const { slo } = parseSlo(
      'objectives:\n- sli: 1.0\n  pass: [{criteria: [~, 5, yes]}]\ntotal_score: {pass: 90}',
    );
    assert.deepEqual(slo?.objectives[0]?.pass, [{ criteria: ['5', 'yes'] }]);
    assert.deepEqual([slo?.objectives[0]?.sli, slo?.totalScore.pass], ['1.0', '90']);
  });

  it('drops null objectives and ignores unknown keys, even malformed ones', () => {
    const { slo } = parseSlo('objectives:\n- ~\n-\n- sli: a\n  other: {a: 1, a: 2}\nmore: [x');
    assert.equal(slo, null);
    assert.equal(parseSlo('objectives:\n- ~\n-\n- sli: a\n  other: {a: 1, a: 2}').slo?.objectives.length, 1);
  });

  it('is absent, blank or without a target score in three different ways', () => {
    assert.deepEqual(
      [parseSlo(null).slo, parseSlo('').slo, parseSlo('').sloProblem],
      [null, null, undefined],
    );
    for (const text of ['\n', '# comment only\n', '   '])
      assert.equal(parseSlo(text).slo?.totalScore.pass, '', text);
    for (const text of ['---', 'null', '~\n'])
      assert.equal(parseSlo(text).sloProblem?.kind, 'unusable', text);
  });

  it('says where it cannot be used', () => {
    for (const [text, line, column, path] of [
      ['objectives:\n- sli: a\n  pass:\n  - criteria: "<5"', 4, 15, 'objectives[0].pass[0].criteria'],
      ['objectives:\n- sli: a\n  weight: heavy', 3, 11, 'objectives[0].weight'],
      ['objectives:\n- sli: a\n  key_sli: "true"', 3, 12, 'objectives[0].key_sli'],
      ['objectives: 5', 1, 13, 'objectives'],
      ['total_score: 90%', 1, 14, 'total_score'],
      ['comparison:\n  compare_with: a\n  compare_with: b', 3, 3, 'comparison.compare_with'],
      ['filter: {a: [1]}', 1, 13, 'filter.a'],
      ['objectives:\n- weight: .nan', 2, 11, 'objectives[0].weight'],
    ] as const) {
      const { slo, sloProblem, problems } = parseSlo(text, { file: 'carts/slo.yaml' });
      assert.equal(slo, null, text);
      assert.equal(sloProblem?.kind, 'unparsable');
      const [first] = problems;
      assert.deepEqual(
        [first?.file, first?.line, first?.column, first?.path],
        ['carts/slo.yaml', line, column, path],
        text,
      );
    }
  });

  it('keeps hostile filter keys as data', () => {
    const { slo } = parseSlo('filter: {__proto__: x, constructor: y}');
    assert.deepEqual(Object.entries(slo?.filter ?? {}), [
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  it('reads ten thousand objectives and refuses ten megabytes', () => {
    const objectives = '- {sli: a, pass: [{criteria: ["<5"]}]}\n'.repeat(10_000);
    assert.equal(parseSlo(`objectives:\n${objectives}`).slo?.objectives.length, 10_000);
    assert.match(parseSlo(' '.repeat(10_000_000)).problems[0]?.message ?? '', /characters, more than/);
  });

  it('survives any damage to its text: a model or located problems, and a verdict in both cases', () => {
    const damage = fc.record({
      at: fc.nat(FILE.length),
      cut: fc.nat(12),
      insert: fc.oneof(
        fc.string({ maxLength: 5 }),
        fc.constantFrom('\t', '\r', '- ', ': ', '*a', '&a ', '~', '"', '{', '<<: ', '!!int ', '\0'),
      ),
    });
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 5 }), (damages) => {
        let text = FILE;
        for (const { at, cut, insert } of damages) text = text.slice(0, at) + insert + text.slice(at + cut);
        const parsed = parseSlo(text);
        for (const problem of parsed.problems)
          assert.ok(problem.line >= 1 && problem.column >= 1 && problem.message !== '');
        reviewSlo(parsed);
        const verdict = evaluateGate({
          slo: parsed.slo,
          ...(parsed.sloProblem === undefined ? {} : { sloProblem: parsed.sloProblem }),
          sliResults: [{ metric: 'response_time_p95', value: 5, success: true }],
          previousResults: [],
          project: 'p',
          stage: 's',
          service: 'v',
        });
        assert.ok(parsed.slo !== null || verdict.status === 'errored' || text === '');
      }),
      { numRuns: 3000 },
    );
  });
});

describe('the review of a slo.yaml', () => {
  const review = (text: string) =>
    reviewSlo(parseSlo(text)).map(({ severity, path, line }) => `${severity} ${path}:${line}`);

  it('finds nothing in a good file', () => {
    assert.deepEqual(review(FILE), []);
  });

  it('reports what Keptn silently reads differently', () => {
    const text = `comparison: {compare_with: last, include_result_with_score: pass_or_warning, aggregate_function: max}
objectives:
- ~
- {sli: a, weight: -1, pass: [{criteria: [">=-5", "<5"]}], warning: [{criteria: ["<5ms"]}]}
- {sli: a, pass: [{criteria: ["5"]}]}
- {sli: b, key_sli: true, warning: [{criteria: []}]}
total_score: {pass: 50%, warning: 60%}`;
    assert.deepEqual(review(text), [
      'warning total_score.warning:7',
      'warning comparison.compare_with:1',
      'warning comparison.include_result_with_score:1',
      'warning comparison.aggregate_function:1',
      'warning objectives[1].weight:4',
      'warning objectives[1].pass[0].criteria[0]:4',
      'warning objectives[1].warning[0].criteria[0]:4',
      'warning objectives[2].sli:5',
      'error objectives[2].pass[0].criteria[0]:5',
      'warning objectives[3].key_sli:6',
      'warning objectives[3].warning:6',
      'warning objectives[3].warning[0]:6',
    ]);
  });

  it('has nothing against a second objective that only informs', () => {
    const text = `objectives: [{sli: a}, {sli: a}, {sli: a, pass: [{criteria: ["<5"]}]}]\ntotal_score: {pass: 50%}`;
    const messages = reviewSlo(parseSlo(text)).map(({ message }) => message);
    assert.deepEqual(messages, ['"a" has an objective already: this one never gets a value and fails']);
  });

  it('names keys that have no effect, and leaves extensions alone', () => {
    const text = `x-inherit: true
spec: {}
comparison: {include_result_with_status: pass}
objectives:
  - sli: a
    x-no-data: fail
    metric: b
    pass: &p
      - criteria: ["<5"]
        criterion: ["<6"]
    fail: *p
total_score: {pass: 90%, warn: 75%}
`;
    assert.deepEqual(unknownSloKeys(text, 'slo.yaml').map(formatProblem), [
      'slo.yaml:2:1: warning: spec: unknown key "spec" has no effect (comparison, objectives and total_score stand at the top of the file)',
      'slo.yaml:3:14: warning: comparison.include_result_with_status: unknown key "include_result_with_status" has no effect ' +
        '(known here: compare_with, include_result_with_score, number_of_comparison_results, aggregate_function)',
      'slo.yaml:7:5: warning: objectives[0].metric: unknown key "metric" has no effect (known here: sli, displayName, pass, warning, weight, key_sli)',
      'slo.yaml:10:9: warning: objectives[0].pass[0].criterion: unknown key "criterion" has no effect (known here: criteria)',
      'slo.yaml:11:5: warning: objectives[0].fail: unknown key "fail" has no effect (what meets neither pass nor warning fails by itself)',
      'slo.yaml:12:26: warning: total_score.warn: unknown key "warn" has no effect (known here: pass, warning)',
    ]);
    assert.deepEqual(unknownSloKeys(FILE, 'slo.yaml'), []);
    assert.deepEqual(unknownSloKeys('- 1', 'slo.yaml'), []);
    assert.deepEqual(unknownSloKeys('objectives: [', 'slo.yaml'), []);
  });

  it('reports what makes every evaluation err or fail', () => {
    assert.deepEqual(
      review('comparison: {compare_with: several_results, number_of_comparison_results: 200}'),
      ['error total_score:1', 'error comparison.number_of_comparison_results:1', 'warning objectives:1'],
    );
  });
});
