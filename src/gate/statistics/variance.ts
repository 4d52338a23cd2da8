import { incompleteBeta } from './gamma.ts';

/** Outcome of a comparison of two spreads. */
export interface SpreadTest {
  /** Mean distance from the median of the first sample over that of the second. */
  readonly ratio: number;
  /** Brown–Forsythe statistic: one-way analysis of variance of the distances from the medians. */
  readonly statistic: number;
  readonly p: number;
}

/** Brown–Forsythe test (Levene's with medians) whether two samples spread alike. */
export function compareSpread(first: readonly number[], second: readonly number[]): SpreadTest {
  const a = distancesFromMedian(first);
  const b = distancesFromMedian(second);
  const meanA = mean(a);
  const meanB = mean(b);
  const total = a.length + b.length;
  const overall = (meanA * a.length + meanB * b.length) / total;
  const between = a.length * (meanA - overall) ** 2 + b.length * (meanB - overall) ** 2;
  const within = squares(a, meanA) + squares(b, meanB);
  const ratio = meanA / meanB;
  if (between === 0) return { ratio: Number.isNaN(ratio) ? 1 : ratio, statistic: 0, p: 1 };
  const statistic = ((total - 2) * between) / within;
  return { ratio, statistic, p: incompleteBeta((total - 2) / (total - 2 + statistic), (total - 2) / 2, 0.5) };
}

/** Median of at least one value. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  if (sorted.length % 2 === 1) return upper;
  const lower = sorted[(sorted.length >> 1) - 1] ?? Number.NaN;
  return lower + (upper - lower) / 2;
}

function distancesFromMedian(values: readonly number[]): number[] {
  const center = median(values);
  return values.map((value) => Math.abs(value - center));
}

function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function squares(values: readonly number[], center: number): number {
  let sum = 0;
  for (const value of values) sum += (value - center) ** 2;
  return sum;
}
