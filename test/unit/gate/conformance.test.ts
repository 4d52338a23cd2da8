import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dump } from 'js-yaml';
import { parseSlo } from '../../../src/files/slo.ts';
import { percentile } from '../../../src/gate/aggregate.ts';
import { compileSlo } from '../../../src/gate/compile.ts';
import { isCriterion, type Operator, parseCriterion, satisfies } from '../../../src/gate/criterion.ts';
import { evaluateGate } from '../../../src/gate/evaluate.ts';
import { History, selectPrevious } from '../../../src/gate/history.ts';
import { evaluateObjective } from '../../../src/gate/objective.ts';
import { calculateScore, type KeyFailure, parseThresholds } from '../../../src/gate/score.ts';
import { leftoverMessage, SliPool } from '../../../src/gate/sli-pool.ts';
import { resolveTimeframe, resolveWindow } from '../../../src/gate/timeframe.ts';
import type { IndicatorResult, PreviousEvaluation, SliResult, Slo } from '../../../src/gate/types.ts';

interface Case {
  id: string;
  name: string;
  level: string;
  slo?: unknown;
  sliResults?: SliResult[];
  previousResults?: {
    id?: string;
    result?: string;
    invalidated?: boolean;
    indicatorResults: { value: SliResult | null }[] | null;
  }[];
  getSli?: { status: string; result: string; message: string };
  input: never;
  expected: never;
}

const VECTORS = new URL('../../../../shared/conformance/lighthouse-vectors.json', import.meta.url);
const NOW = new Date('2024-05-01T10:20:00.000Z');

function readCases(): Case[] {
  return existsSync(VECTORS) ? (JSON.parse(readFileSync(VECTORS, 'utf8')) as { cases: Case[] }).cases : [];
}

describe('the gate and the conformance vectors of lighthouse', () => {
  const cases = readCases();
  if (cases.length === 0) {
    it('is skipped because ../shared/conformance/lighthouse-vectors.json is not there', function () {
      console.log('      no conformance vectors beside this checkout: nothing to compare with');
      this.skip();
    });
  }
  for (const vector of cases) {
    it(`agrees with ${vector.id} (${vector.level}): ${vector.name}`, () => {
      const check = CHECKS[vector.level];
      assert.ok(check, `no check for level ${vector.level}`);
      check(vector);
    });
  }
});

const CHECKS: Record<string, (vector: Case) => void> = {
  parse({ input, expected }) {
    const criterion = parseCriterion((input as { criteria: string }).criteria);
    const wanted = expected as { parsed: Record<string, unknown> | null; error: string | null };
    if (!isCriterion(criterion)) return assert.equal(criterion.error, wanted.error);
    assert.deepEqual(
      {
        operator: criterion.operator,
        value: criterion.value,
        checkPercentage: criterion.percentage,
        isComparison: criterion.relative,
        checkIncrease: criterion.increase,
      },
      wanted.parsed,
    );
  },
  compare({ input, expected }) {
    const { measured, target, operator } = input as { measured: number; target: number; operator: string };
    const { satisfied, error } = expected as { satisfied: boolean; error: string | null };
    const known = ['<', '<=', '=', '>=', '>'].includes(operator);
    assert.equal(known, error === null);
    if (known) assert.equal(satisfies(measured, operator as Operator, target), satisfied);
  },
  percentile({ input, expected }) {
    const { values, percentile: fraction } = input as { values: number[]; percentile: number };
    near(percentile(values, fraction), (expected as { value: number }).value);
  },
  aggregate(vector) {
    const { value, skip } = vector.expected as { value: number; skip: boolean };
    const baseline = historyOf(vector).baseline('my-test-metric');
    assert.equal(baseline.absent, skip);
    near(baseline.value, value);
  },
  criterion(vector) {
    const { criteria } = vector.input as { criteria: string };
    const indicator = judge(vector, [{ criteria: [criteria] }]);
    assert.equal(indicator.status === 'pass', (vector.expected as { satisfied: boolean }).satisfied);
  },
  criteriaSet(vector) {
    const { criteria } = vector.input as { criteria: string[] };
    checkTargets(vector, judge(vector, [{ criteria }]));
  },
  orCombined(vector) {
    checkTargets(
      vector,
      judge(vector, (vector.input as { criteriaSets: { criteria: string[] }[] }).criteriaSets),
    );
  },
  objectives(vector) {
    const wanted = vector.expected as {
      indicatorResults: IndicatorResult[] | null;
      keySliFailed: boolean;
      message: string;
    };
    const compiled = compileSlo(sloOf(vector));
    const history = historyOf(vector);
    const pool = new SliPool(vector.sliResults ?? []);
    const results: IndicatorResult[] = [];
    let failed = false;
    for (const objective of compiled.objectives) {
      const { sli, keySli } = objective.objective;
      const outcome = evaluateObjective(objective, pool.take(sli), history.baseline(sli));
      assert.ok(!('error' in outcome));
      results.push(outcome.indicator);
      if (keySli && outcome.failure !== undefined) failed = true;
    }
    assert.equal(failed, wanted.keySliFailed);
    compareIndicators(results, wanted.indicatorResults);
    if (compiled.objectives.length > 0) assert.equal(leftoverMessage(pool.rest()), wanted.message);
  },
  score(vector) {
    const input = vector.input as {
      maximumScore: number;
      keySli: { failed: boolean } & KeyFailure;
      indicatorResults: IndicatorResult[];
    };
    const wanted = vector.expected as {
      evaluationResult: string;
      score: number;
      message: string;
      error: string | null;
    };
    const thresholds = parseThresholds(sloOf(vector).totalScore);
    if (typeof thresholds === 'string') return assert.equal(thresholds, wanted.error);
    const outcome = calculateScore(
      {
        indicators: input.indicatorResults,
        maximum: input.maximumScore,
        keyFailure: input.keySli.failed ? input.keySli : undefined,
      },
      thresholds,
    );
    near(outcome.score, wanted.score);
    assert.equal(outcome.result, wanted.evaluationResult);
    assert.equal(outcome.message ?? '', wanted.message);
  },
  pickSli(vector) {
    const wanted = vector.expected as { found: SliResult | null; leftCount: number };
    const pool = new SliPool(vector.sliResults ?? []);
    assert.deepEqual(pool.take((vector.input as { sli: string }).sli) ?? null, wanted.found);
    assert.equal(pool.rest().length, wanted.leftCount);
  },
  sloParse({ slo, expected }) {
    const wanted = expected as { slo: Record<string, never> | null; parseError: boolean };
    const parsed = parseSlo(typeof slo === 'string' ? slo : dump(slo));
    assert.equal(parsed.slo === null, wanted.parseError);
    if (parsed.slo === null || wanted.slo === null) return;
    assert.deepEqual(asWritten(parsed.slo), { filter: {}, ...wanted.slo });
  },
  timeframe({ input, expected }) {
    const frame = resolveTimeframe(input, NOW);
    const wanted = expected as { start: string; end: string; error: boolean };
    assert.equal('error' in frame, wanted.error);
    if (!('error' in frame))
      assert.deepEqual(frame, { start: instant(wanted.start), end: instant(wanted.end) });
  },
  timeframeUtil({ input, expected }) {
    const given = Object.fromEntries(
      Object.entries(input as Record<string, string>).map(([key, text]) => [key, instant(text)]),
    );
    const frame = resolveWindow(given, NOW);
    const wanted = expected as { start: string; end: string; error: boolean };
    assert.equal('error' in frame, wanted.error);
    if (!('error' in frame))
      assert.deepEqual(frame, { start: instant(wanted.start), end: instant(wanted.end) });
  },
  evaluate(vector) {
    const wanted = vector.expected as {
      status: string;
      result: string;
      message: string;
      evaluation: {
        result: string;
        score: number;
        indicatorResults: IndicatorResult[] | null;
        comparedEvents: string[] | null;
      };
    };
    const parsed = parseSlo(vector.slo === null ? null : dump(vector.slo));
    const verdict = evaluateGate({
      slo: parsed.slo,
      ...(parsed.sloProblem === undefined ? {} : { sloProblem: parsed.sloProblem }),
      sliResults: vector.sliResults ?? [],
      previousResults: previousOf(vector),
      ...(vector.getSli === undefined ? {} : { getSli: vector.getSli }),
      project: '<project>',
      stage: 'stage',
      service: 'service',
    });
    assert.deepEqual(
      [verdict.status, verdict.result, verdict.message],
      [wanted.status, wanted.result, wanted.message],
    );
    assert.equal(verdict.evaluation.result, wanted.evaluation.result);
    near(verdict.evaluation.score, wanted.evaluation.score);
    assert.deepEqual(verdict.evaluation.comparedEvents, wanted.evaluation.comparedEvents ?? []);
    compareIndicators(verdict.evaluation.indicatorResults, wanted.evaluation.indicatorResults);
  },
};

function sloOf(vector: Case): Slo {
  const { slo } = parseSlo(dump(vector.slo));
  assert.ok(slo);
  return slo;
}

function previousOf(vector: Case): PreviousEvaluation[] {
  return (vector.previousResults ?? []).map((previous) => ({
    id: previous.id ?? '',
    result: previous.result ?? '',
    invalidated: previous.invalidated === true,
    indicatorResults: previous.indicatorResults?.map((indicator) => indicator.value) ?? null,
  }));
}

function historyOf(vector: Case): History {
  const { comparison } = sloOf({ ...vector, slo: { objectives: [], ...(vector.slo as object) } });
  const all = { ...comparison, includeResultWithScore: 'all' };
  const selected = selectPrevious(previousOf(vector), all, Number.POSITIVE_INFINITY);
  return new History(selected, comparison.aggregateFunction);
}

function judge(vector: Case, pass: { criteria: string[] }[]): IndicatorResult {
  const slo: Slo = {
    ...sloOf(vector),
    objectives: [{ sli: 'my-test-metric', displayName: '', pass, warning: [], weight: 1, keySli: false }],
  };
  const [objective] = compileSlo(slo).objectives;
  assert.ok(objective);
  const received = vector.sliResults?.[0];
  assert.ok(received);
  const outcome = evaluateObjective(objective, received, historyOf(vector).baseline('my-test-metric'));
  assert.ok(!('error' in outcome));
  return outcome.indicator;
}

function checkTargets(vector: Case, indicator: IndicatorResult): void {
  const wanted = vector.expected as { satisfied: boolean; targets: IndicatorResult['passTargets'] };
  assert.equal(indicator.status === 'pass', wanted.satisfied);
  compareTargets(indicator.passTargets, wanted.targets);
}

function compareIndicators(
  actual: readonly IndicatorResult[] | null,
  wanted: readonly IndicatorResult[] | null,
): void {
  if (wanted === null) {
    assert.equal(actual?.length ?? 0, 0);
    return;
  }
  assert.equal(actual?.length, wanted.length);
  for (const [index, expected] of wanted.entries()) {
    const indicator: IndicatorResult | undefined = actual?.[index];
    assert.ok(indicator);
    near(indicator.score, expected.score);
    const { displayName, keySli, status }: IndicatorResult = indicator;
    assert.deepEqual(
      { displayName, keySli, status },
      { displayName: expected.displayName, keySli: expected.keySli, status: expected.status },
    );
    assert.deepEqual(
      indicator.value,
      expected.value === null
        ? null
        : { ...expected.value, comparedValue: expected.value.comparedValue ?? 0 },
    );
    compareTargets(indicator.passTargets, expected.passTargets);
    compareTargets(indicator.warningTargets, expected.warningTargets);
  }
}

function compareTargets(
  actual: IndicatorResult['passTargets'],
  wanted: IndicatorResult['passTargets'],
): void {
  assert.equal(actual === null, wanted === null, `null and [] differ: ${JSON.stringify({ actual, wanted })}`);
  assert.equal(actual?.length, wanted?.length);
  for (const [index, expected] of (wanted ?? []).entries()) {
    const target = actual?.[index];
    assert.ok(target);
    assert.deepEqual([target.criteria, target.violated], [expected.criteria, expected.violated]);
    near(target.targetValue, expected.targetValue);
  }
}

function asWritten(slo: Slo): unknown {
  return {
    spec_version: slo.specVersion,
    filter: slo.filter,
    comparison: {
      compare_with: slo.comparison.compareWith,
      include_result_with_score: slo.comparison.includeResultWithScore,
      number_of_comparison_results: slo.comparison.numberOfComparisonResults,
      aggregate_function: slo.comparison.aggregateFunction,
    },
    objectives: slo.objectives.map((objective) => ({
      sli: objective.sli,
      pass: objective.pass,
      ...(objective.warning.length > 0 || objective.pass.length === 0 ? { warning: objective.warning } : {}),
      weight: objective.weight,
      key_sli: objective.keySli,
    })),
    total_score: slo.totalScore,
  };
}

/** T0 is the present minute; `T0+10m` and `now-10m` are offsets from it. */
function instant(text: string): string {
  const match = /^(?:T0|now)(?:([+-])(\d+)m)?$/.exec(text);
  if (match === null) return text;
  const minutes = Number(match[2] ?? 0) * (match[1] === '-' ? -1 : 1);
  return new Date(NOW.getTime() + minutes * 60_000).toISOString();
}

function near(actual: number, wanted: number): void {
  const tolerance = 1e-9 * Math.max(1, Math.abs(wanted));
  assert.ok(Math.abs(actual - wanted) <= tolerance, `${actual} is not ${wanted}`);
}
