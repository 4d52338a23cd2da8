import assert from 'node:assert/strict';
import { isOpenSlo, parseOpenSlo } from '../../../src/files/openslo.ts';

const document = (spec: string) => `apiVersion: openslo/v1
kind: SLO
metadata:
  name: checkout-latency
spec:
  service: checkout
${spec}`;

describe('an OpenSLO document', () => {
  it('is told from a slo.yaml by its apiVersion', () => {
    assert.equal(isOpenSlo(document('')), true);
    assert.equal(isOpenSlo('spec_version: "1.0"\nobjectives: []'), false);
  });

  it('gives a criterion for a threshold and a budget for a ratio', () => {
    const { slo, problems } = parseOpenSlo(
      document(`  indicatorRef: latency-p99
  objectives:
    - {displayName: fast, op: lte, value: 0.4, target: 1}
    - {displayName: mostly good, target: 0.99}
`),
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(
      slo?.objectives.map(({ sli, displayName, pass, extensions }) => ({
        sli,
        displayName,
        pass,
        extensions,
      })),
      [
        { sli: 'latency-p99', displayName: 'fast', pass: [{ criteria: ['<=0.4'] }], extensions: undefined },
        {
          sli: 'latency-p99',
          displayName: 'mostly good',
          pass: [],
          extensions: {
            errorBudget: { target: 0.99, measures: 'success', maxBurnRate: 1, warningBurnRate: null },
          },
        },
      ],
    );
    assert.equal(slo?.totalScore.pass, '100%');
  });

  it('counts bad events where the ratio does', () => {
    const { slo } = parseOpenSlo(
      document(
        '  indicator: {metadata: {name: errors}, spec: {ratioMetric: {bad: {}, total: {}}}}\n  objectives: [{targetPercent: 99.9}]\n',
      ),
    );
    assert.equal(slo?.objectives[0]?.extensions?.errorBudget?.measures, 'errors');
  });

  it('warns where a share of good occurrences is lost', () => {
    const { slo, problems } = parseOpenSlo(
      document('  indicatorRef: a\n  objectives: [{op: lt, value: 5, target: 0.9}]\n'),
    );
    assert.ok(slo);
    assert.deepEqual(
      problems.map(({ severity, path, line }) => [severity, path, line]),
      [['warning', 'spec.objectives[0].target', 8]],
    );
  });

  it('is refused with a reason and a place where a gate cannot express it', () => {
    for (const [text, path, message] of [
      [document('').replace('kind: SLO', 'kind: AlertPolicy'), 'kind', /AlertPolicy cannot be a gate/],
      [document('').replace('openslo/v1', 'openslo/v2alpha'), 'apiVersion', /not supported/],
      [document('  budgetingMethod: Timeslices\n'), 'spec.budgetingMethod', /one value per window/],
      [document('  objectives: []\n'), 'spec.objectives', /no objective/],
      [document('  objectives: [{target: 1}]\n'), 'spec.objectives[0]', /no error budget/],
      [document('  objectives: [{target: 99}]\n'), 'spec.objectives[0].target', /above 0 up to 1/],
      [document('  objectives: [{op: eq, value: 1}]\n'), 'spec.objectives[0].op', /not an operator/],
      [document('  objectives: [{op: lt, value: -1}]\n'), 'spec.objectives[0].value', /negative threshold/],
      [document('  objectives: [{op: lt, value: x}]\n'), 'spec.objectives[0].value', /expected a number/],
      [
        document('  objectives: [{target: 0.9, compositeWeight: 2}]\n'),
        'spec.objectives[0].compositeWeight',
        /cannot be expressed/,
      ],
      [document('  objectives: [{}]\n'), 'spec.objectives[0]', /neither value nor target/],
      [document('  objectives: [5]\n'), 'spec.objectives[0]', /expected a mapping/],
      ['- 1', '', /expected an OpenSLO document/],
    ] as const) {
      const { slo, sloProblem, problems } = parseOpenSlo(text);
      assert.equal(slo, null, text);
      assert.equal(sloProblem?.kind, 'unusable');
      assert.equal(problems[0]?.path, path);
      assert.match(problems[0]?.message ?? '', message);
    }
    assert.equal(parseOpenSlo('apiVersion: openslo/v1\nkind: [').slo, null);
  });
});
