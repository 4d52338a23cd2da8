import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseInheritedSlo, parseSlo } from '../../../src/files/slo.ts';
import { evaluateGate } from '../../../src/gate/evaluate.ts';
import { metricsToRetry } from '../../../src/gate/extensions.ts';
import { CANARY_DEFAULTS, type CanarySamples, judgeCanary } from '../../../src/gate/statistics/canary.ts';
import type { SliResult, Verdict } from '../../../src/gate/types.ts';

const TOTAL = '\ntotal_score: {pass: 90%, warning: 75%}';

function judge(
  objectives: string,
  sliResults: SliResult[],
  samples: Record<string, CanarySamples> = {},
): Verdict {
  const { slo, problems } = parseSlo(`objectives:\n${objectives}${TOTAL}`);
  assert.deepEqual(problems, []);
  return evaluateGate({
    slo,
    sliResults,
    previousResults: [],
    samples,
    project: 'p',
    stage: 's',
    service: 'v',
  });
}

function first(verdict: Verdict) {
  const indicator = verdict.evaluation.indicatorResults?.[0];
  assert.ok(indicator);
  return indicator;
}

const timed = (values: readonly number[]) => ({ values: values.map((value, time) => ({ time, value })) });
/** A reproducible wave of 40 values around a level. */
const wave = (level: number, height = 10) =>
  timed(Array.from({ length: 40 }, (_, index) => level + height * Math.sin(index * 1.7)));

describe('the no-data policy of an objective', () => {
  const rt = (policy: string) =>
    `- {sli: rt, pass: [{criteria: ["<5"]}], x-no-data: ${policy}}\n- {sli: e, pass: [{criteria: ["=0"]}]}`;
  const values = [
    { metric: 'e', value: 0, success: true },
    { metric: 'rt', value: 0, success: false, message: 'no series' },
  ];

  it('fails, warns or leaves the objective out of the score', () => {
    const verdicts = ['fail', 'warn', 'ignore'].map((policy) => judge(rt(policy), values));
    assert.deepEqual(
      verdicts.map((verdict) => [first(verdict).status, verdict.evaluation.score, verdict.result]),
      [
        ['fail', 50, 'fail'],
        ['warning', 75, 'warning'],
        ['info', 100, 'pass'],
      ],
    );
    for (const verdict of verdicts) assert.equal(first(verdict).value?.message, 'no series');
  });

  it('changes nothing when there is a value', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('fail', 'warn', 'ignore'),
        fc.integer({ min: 0, max: 9 }),
        (policy, value) => {
          const measured = [
            { metric: 'e', value: 0, success: true },
            { metric: 'rt', value, success: true },
          ];
          const plain = rt(policy).replace(/, x-no-data: \w+/, '');
          assert.deepEqual(judge(rt(policy), measured), judge(plain, measured));
        },
      ),
    );
  });

  it('never lets a gate pass that judged nothing', () => {
    const verdict = judge('- {sli: rt, pass: [{criteria: ["<5"]}], x-no-data: ignore}', []);
    assert.equal(verdict.result, 'fail');
    assert.match(verdict.message, /nothing was judged/);
  });

  it('says which metrics are worth asking for again', () => {
    const { slo } = parseSlo(
      'objectives:\n- {sli: a, x-no-data: {policy: warn, retry-for: 2m}}\n- {sli: b, x-no-data: warn}\n- {sli: c}',
    );
    assert.ok(slo);
    assert.deepEqual(metricsToRetry(slo, []), [{ metric: 'a', retrySeconds: 120 }]);
    assert.deepEqual(metricsToRetry(slo, [{ metric: 'a', value: 1, success: true }]), []);
  });
});

describe('the error budget of an objective', () => {
  const slo = '- {sli: errors, x-error-budget: {target: 99.9%, max-burn-rate: 1, warning-burn-rate: 2}}';
  const burn = (value: number) => judge(slo, [{ metric: 'errors', value, success: true }]);

  it('passes, warns and fails by the burn rate', () => {
    assert.deepEqual(
      [0, 0.0005, 0.0015, 0.0025].map((value) => first(burn(value)).status),
      ['pass', 'pass', 'warning', 'fail'],
    );
    assert.match(first(burn(0.0025)).value?.message ?? '', /99\.9 % target burns 2\.5 times/);
  });

  it('fails without a value', () => {
    assert.deepEqual([judge(slo, []).result, judge(slo, []).evaluation.score], ['fail', 0]);
  });

  it('is the same for errors as for their complement', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), (errors) => {
        // Halves keep the arithmetic exact.
        const rate = errors / 1024;
        const judged = (measures: string, value: number) =>
          first(
            judge(`- {sli: x, x-error-budget: {target: 0.5, measures: ${measures}}}`, [
              { metric: 'x', value, success: true },
            ]),
          ).status;
        assert.equal(judged('errors', rate), judged('success', 1 - rate));
      }),
    );
  });
});

describe('the comparison of a canary with its primary', () => {
  it('fails a slower canary, passes an equal one and never passes on too few samples', () => {
    assert.equal(judgeCanary({ canary: wave(120), primary: wave(100) }, CANARY_DEFAULTS).verdict, 'fail');
    assert.equal(judgeCanary({ canary: wave(100), primary: wave(100) }, CANARY_DEFAULTS).verdict, 'pass');
    assert.equal(judgeCanary({ canary: wave(80), primary: wave(100) }, CANARY_DEFAULTS).verdict, 'pass');
    assert.equal(
      judgeCanary({ canary: timed([1, 2]), primary: wave(100) }, CANARY_DEFAULTS).verdict,
      'inconclusive',
    );
    assert.equal(judgeCanary(undefined, CANARY_DEFAULTS).verdict, 'inconclusive');
    assert.equal(
      judgeCanary({ canary: timed([]), primary: timed([]) }, { ...CANARY_DEFAULTS, minimumSamples: 0 })
        .verdict,
      'inconclusive',
    );
  });

  it('turns round for values of which more is better', () => {
    const rule = { ...CANARY_DEFAULTS, better: 'higher' } as const;
    assert.equal(judgeCanary({ canary: wave(120), primary: wave(100) }, rule).verdict, 'pass');
    assert.equal(judgeCanary({ canary: wave(80), primary: wave(100) }, rule).verdict, 'fail');
  });

  it('accepts a worsening within the tolerance', () => {
    const samples = { canary: wave(108, 1), primary: wave(100, 1) };
    assert.equal(judgeCanary(samples, CANARY_DEFAULTS).verdict, 'fail');
    assert.equal(judgeCanary(samples, { ...CANARY_DEFAULTS, tolerance: 0.1 }).verdict, 'pass');
  });

  it('leaves the warm-up out on both sides', () => {
    const cold = timed([
      ...Array.from({ length: 40 }, () => 1000),
      ...wave(100).values.map(({ value }) => value),
    ]);
    const primary = timed([
      ...Array.from({ length: 40 }, () => 100),
      ...wave(100).values.map(({ value }) => value),
    ]);
    assert.equal(judgeCanary({ canary: cold, primary }, CANARY_DEFAULTS).verdict, 'fail');
    assert.equal(
      judgeCanary({ canary: cold, primary }, { ...CANARY_DEFAULTS, warmUpSeconds: 40 }).verdict,
      'pass',
    );
  });

  it('fails a canary whose spread grew beyond the rule', () => {
    const samples = { canary: wave(100, 60), primary: wave(100, 5) };
    assert.equal(judgeCanary(samples, CANARY_DEFAULTS).verdict, 'pass');
    assert.equal(judgeCanary(samples, { ...CANARY_DEFAULTS, maximumSpread: 3 }).verdict, 'fail');
  });

  it('compares counts as proportions', () => {
    const primary = { events: 10, trials: 10_000 };
    assert.equal(
      judgeCanary({ canary: { events: 60, trials: 10_000 }, primary }, CANARY_DEFAULTS).verdict,
      'fail',
    );
    assert.equal(
      judgeCanary({ canary: { events: 11, trials: 10_000 }, primary }, CANARY_DEFAULTS).verdict,
      'pass',
    );
    assert.equal(
      judgeCanary({ canary: { events: 0, trials: 5 }, primary }, CANARY_DEFAULTS).verdict,
      'inconclusive',
    );
    assert.equal(
      judgeCanary({ canary: { events: 9, trials: 5 }, primary }, CANARY_DEFAULTS).verdict,
      'inconclusive',
    );
    assert.equal(judgeCanary({ canary: wave(1), primary }, CANARY_DEFAULTS).verdict, 'inconclusive');
  });

  it('joins the criteria of its objective, and every part must pass', () => {
    const samples = { rt: { canary: wave(120), primary: wave(100) } };
    const value = { metric: 'rt', value: 120, success: true };
    const both = judge('- {sli: rt, pass: [{criteria: ["<500"]}], x-compare: canary}', [value], samples);
    assert.deepEqual(
      first(both).passTargets?.map(({ criteria, violated }) => [criteria, violated]),
      [
        ['<500', false],
        ['x-compare: canary', true],
      ],
    );
    assert.equal(both.result, 'fail');
    assert.match(first(both).value?.message ?? '', /^canary is worse than primary: shift 20 /);
    const alone = judge('- {sli: rt, x-compare: canary}', [], samples);
    assert.deepEqual([alone.result, first(alone).status], ['fail', 'fail']);
  });

  it('warns instead of failing where inconclusive judgements may', () => {
    const slo = '- {sli: rt, x-compare: {with: canary, inconclusive: warn}}';
    assert.equal(first(judge(slo, [{ metric: 'rt', value: 1, success: true }])).status, 'warning');
    assert.equal(
      judge('- {sli: rt, x-compare: canary}', [{ metric: 'rt', value: 1, success: true }]).result,
      'fail',
    );
  });

  it('never passes with fewer samples than asked for, and repeats itself bit by bit', () => {
    const side = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 20 });
    fc.assert(
      fc.property(side, side, fc.integer({ min: 1, max: 20 }), (canary, primary, minimumSamples) => {
        const rule = { ...CANARY_DEFAULTS, minimumSamples };
        const judged = judgeCanary({ canary: timed(canary), primary: timed(primary) }, rule);
        assert.equal(
          judged.verdict === 'inconclusive',
          Math.min(canary.length, primary.length) < minimumSamples,
        );
        assert.deepEqual(judgeCanary({ canary: timed(canary), primary: timed(primary) }, rule), judged);
      }),
    );
  });
});

describe('the x- keys of slo.yaml', () => {
  it('are refused with their place when they are wrong', () => {
    for (const [line, column, message] of [
      ['x-no-data: skip', 16, /"skip" is unknown/],
      ['x-no-data: {retry-for: soon}', 28, /expected a duration/],
      ['x-compare: {with: canary, significance: 5}', 45, /above 0 and below 1/],
      ['x-compare: {with: last}', 23, /"last" is unknown/],
      ['x-compare: {min-sample: 5}', 29, /unknown key "min-sample"/],
      ['x-error-budget: {measures: errors}', 21, /target is missing/],
      ['x-error-budget: 100%', 21, /below 1/],
    ] as const) {
      const { slo, sloProblem, problems } = parseSlo(`objectives:\n  - ${line}`);
      assert.equal(slo, null, line);
      assert.equal(sloProblem?.kind, 'unusable');
      assert.match(problems[0]?.message ?? '', message);
      assert.deepEqual([problems[0]?.line, problems[0]?.column], [2, column], line);
    }
  });

  it('have the documented defaults', () => {
    const { slo } = parseSlo(
      'objectives:\n- {sli: a, x-compare: canary, x-error-budget: 99.5%, x-no-data: warn}',
    );
    assert.deepEqual(slo?.objectives[0]?.extensions, {
      compare: CANARY_DEFAULTS,
      errorBudget: { target: 0.995, measures: 'errors', maxBurnRate: 1, warningBurnRate: null },
      noData: { policy: 'warn', retrySeconds: 0 },
    });
  });
});

describe('slo.yaml inheritance', () => {
  const project =
    'comparison: {compare_with: several_results, aggregate_function: p90}\nobjectives:\n- {sli: rt, weight: 2, pass: [{criteria: ["<600"]}]}\n- {sli: err, pass: [{criteria: ["=0"]}]}\ntotal_score: {pass: 90%, warning: 75%}';
  const stage = 'objectives:\n- {sli: rt, key_sli: true}\ntotal_score: {pass: 95%}';

  it('is off unless the service asks for it', () => {
    const service = 'objectives:\n- {sli: rt}';
    assert.deepEqual(parseInheritedSlo({ project, stage, service }).slo, parseSlo(service).slo);
    assert.equal(parseInheritedSlo({ project, stage, service: null }).slo, null);
  });

  it('lays service over stage over project, field by field', () => {
    const service =
      'x-inherit: true\nfilter: {a: b}\nobjectives:\n- {sli: rt, pass: [{criteria: ["<400"]}]}\n- {sli: cpu}';
    const { slo, problems } = parseInheritedSlo({ project, stage, service });
    assert.deepEqual(problems, []);
    assert.deepEqual(
      slo,
      parseSlo(
        'filter: {a: b}\ncomparison: {compare_with: several_results, aggregate_function: p90}\nobjectives:\n- {sli: rt, weight: 2, key_sli: true, pass: [{criteria: ["<400"]}]}\n- {sli: err, pass: [{criteria: ["=0"]}]}\n- {sli: cpu}\ntotal_score: {pass: 95%, warning: 75%}',
      ).slo,
    );
  });

  it('names the level whose file is broken', () => {
    const { slo, sloProblem } = parseInheritedSlo({
      project: 'objectives: 5',
      stage: null,
      service: 'x-inherit: true',
    });
    assert.equal(slo, null);
    assert.match(sloProblem?.message ?? '', /^project\/slo\.yaml:1:13/);
  });

  it('gives the file itself when the levels above are empty', () => {
    const text = fc.constantFrom(project, stage, 'objectives: [{sli: a}]');
    fc.assert(
      fc.property(text, (service) => {
        const inherited = parseInheritedSlo({
          project: null,
          stage: null,
          service: `x-inherit: yes\n${service}`,
        });
        assert.deepEqual(inherited.slo, parseSlo(service).slo);
      }),
    );
  });
});
