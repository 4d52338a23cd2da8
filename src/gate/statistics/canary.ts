import { formatGoFloat } from '../number-format.ts';
import { hodgesLehmann, type Shift } from './hodges-lehmann.ts';
import { mannWhitney } from './mann-whitney.ts';
import { compareProportions, type Proportion } from './proportions.ts';
import { compareSpread, median } from './variance.ts';

/** How a canary is judged against the primary over the same window (key `x-compare`). */
export interface CanaryRule {
  /** Which values are better: lower for response times, higher for throughput. Default lower. */
  readonly better: 'lower' | 'higher';
  /** Chance of a false alarm that is accepted per test. Default 0.05. */
  readonly significance: number;
  /** Worsening that is accepted, as a share of the primary's median (of its rate, for counts). Default 0. */
  readonly tolerance: number;
  /** Fewest samples (or trials) per side; with fewer the judgement is inconclusive. Default 30. */
  readonly minimumSamples: number;
  /** Samples of the first seconds are left out on both sides. Default 0. */
  readonly warmUpSeconds: number;
  /** Largest accepted ratio of the canary's spread to the primary's, or null to ignore spread. Default null. */
  readonly maximumSpread: number | null;
  /** What an inconclusive judgement means for the objective; it never passes. Default fail. */
  readonly inconclusive: 'fail' | 'warn';
}

/** The defaults of `x-compare: canary`. */
export const CANARY_DEFAULTS: CanaryRule = {
  better: 'lower',
  significance: 0.05,
  tolerance: 0,
  minimumSamples: 30,
  warmUpSeconds: 0,
  maximumSpread: null,
  inconclusive: 'fail',
};

/** A value of a range query; `time` in seconds from any common start. */
export interface TimedValue {
  readonly time: number;
  readonly value: number;
}

/** Samples of one side: values over time, or events counted out of trials. */
export type Series = { readonly values: readonly TimedValue[] } | Proportion;

/** Both sides over the same window. */
export interface CanarySamples {
  readonly primary: Series;
  readonly canary: Series;
}

/** What the comparison says, in numbers and in one sentence. */
export interface CanaryJudgement {
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  readonly message: string;
  /** Median of the canary, or its rate; NaN without samples. */
  readonly canary: number;
  /** Value up to which (or down to which) the canary is accepted; NaN without samples. */
  readonly limit: number;
  /** Chance of a difference this bad when both sides are alike; absent when inconclusive. */
  readonly p?: number;
  /** Chance that a value of the canary is larger than one of the primary; absent for counts. */
  readonly effectSize?: number;
  /** Canary minus primary; absent for counts. */
  readonly shift?: Shift;
}

/**
 * Judges a canary: it fails when it is worse than the primary beyond the tolerance and chance does not
 * explain it, or when its spread grew too much. Deterministic: no random numbers are drawn.
 */
export function judgeCanary(samples: CanarySamples | undefined, rule: CanaryRule): CanaryJudgement {
  if (samples === undefined) return inconclusive('there are no samples of canary and primary');
  const { primary, canary } = samples;
  if ('trials' in primary && 'trials' in canary) return judgeCounts(canary, primary, rule);
  if ('values' in primary && 'values' in canary) return judgeValues(canary.values, primary.values, rule);
  return inconclusive('one side has values and the other has counts');
}

function inconclusive(reason: string): CanaryJudgement {
  return {
    verdict: 'inconclusive',
    message: `inconclusive: ${reason}`,
    canary: Number.NaN,
    limit: Number.NaN,
  };
}

function tooFew(side: string, count: number, { minimumSamples }: CanaryRule): CanaryJudgement {
  return inconclusive(`${side} has ${count} of at least ${minimumSamples} samples`);
}

function judgeCounts(canary: Proportion, primary: Proportion, rule: CanaryRule): CanaryJudgement {
  const wrong = [canary, primary].find(({ events, trials }) => !(events >= 0 && events <= trials));
  if (wrong !== undefined) return inconclusive(`${wrong.events} events of ${wrong.trials} trials cannot be`);
  const minimum = Math.max(1, rule.minimumSamples);
  if (canary.trials < minimum) return tooFew('canary', canary.trials, rule);
  if (primary.trials < minimum) return tooFew('primary', primary.trials, rule);
  const rate = canary.events / canary.trials;
  const base = primary.events / primary.trials;
  const lower = rule.better === 'lower';
  const limit = base * (lower ? 1 + rule.tolerance : 1 - rule.tolerance);
  const equal = canary.events * primary.trials === primary.events * canary.trials;
  const p = equal ? 1 : compareProportions(canary, primary, lower ? 'greater' : 'less').p;
  const worse = lower ? rate > limit : rate < limit;
  const failed = worse && p < rule.significance;
  const numbers = `rate ${show(rate)} against ${show(base)} (p ${show(p)})`;
  return { verdict: failed ? 'fail' : 'pass', message: sentence(failed, numbers), canary: rate, limit, p };
}

function judgeValues(
  canarySeries: readonly TimedValue[],
  primarySeries: readonly TimedValue[],
  rule: CanaryRule,
): CanaryJudgement {
  const [canary, primary] = withoutWarmUp(canarySeries, primarySeries, rule.warmUpSeconds);
  const minimum = Math.max(1, rule.minimumSamples);
  if (canary.length < minimum) return tooFew('canary', canary.length, rule);
  if (primary.length < minimum) return tooFew('primary', primary.length, rule);
  const lower = rule.better === 'lower';
  const base = median(primary);
  const margin = Math.abs(base) * rule.tolerance;
  const { p, effectSize } = mannWhitney(canary, primary, lower ? 'greater' : 'less');
  const shift = hodgesLehmann(canary, primary, 1 - rule.significance);
  const worsening = lower ? shift.estimate : -shift.estimate;
  const shifted = p < rule.significance && worsening > margin;
  const spread = spreadGrowth(canary, primary, rule);
  const failed = shifted || spread !== undefined;
  const numbers =
    `shift ${show(shift.estimate)} [${show(shift.low)}, ${show(shift.high)}] on a median of ${show(base)}, ` +
    `larger in ${show(100 * effectSize)} % of pairs (p ${show(p)})${spread ?? ''}`;
  return {
    verdict: failed ? 'fail' : 'pass',
    message: sentence(failed, numbers),
    canary: median(canary),
    limit: lower ? base + margin : base - margin,
    p,
    effectSize,
    shift,
  };
}

/** Finite values of both sides after the warm-up, which starts with the earliest sample of either. */
function withoutWarmUp(
  canary: readonly TimedValue[],
  primary: readonly TimedValue[],
  warmUpSeconds: number,
): [number[], number[]] {
  let start = Number.POSITIVE_INFINITY;
  for (const { time } of canary) start = Math.min(start, time);
  for (const { time } of primary) start = Math.min(start, time);
  const cut = (series: readonly TimedValue[]): number[] =>
    series
      .filter(({ time, value }) => Number.isFinite(value) && time >= start + warmUpSeconds)
      .map(({ value }) => value);
  return [cut(canary), cut(primary)];
}

function spreadGrowth(
  canary: readonly number[],
  primary: readonly number[],
  rule: CanaryRule,
): string | undefined {
  if (rule.maximumSpread === null) return undefined;
  const { ratio, p } = compareSpread(canary, primary);
  if (!(ratio > rule.maximumSpread && p < rule.significance)) return undefined;
  return `, spread ${show(ratio)} times the primary's (p ${show(p)})`;
}

function sentence(failed: boolean, numbers: string): string {
  return `${failed ? 'canary is worse than primary' : 'canary is not worse than primary'}: ${numbers}`;
}

function show(value: number): string {
  return formatGoFloat(Number(value.toPrecision(4)));
}
