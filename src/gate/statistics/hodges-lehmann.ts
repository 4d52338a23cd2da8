import { normalQuantile } from './normal.ts';

/** Estimated shift between two samples with its confidence interval, in the unit of the values. */
export interface Shift {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Hodges–Lehmann shift: the median of all differences first − second, with the distribution-free confidence
 * interval that belongs to the Mann–Whitney test (normal approximation of its bounds). Both samples must
 * hold at least one finite value. Time n log n: the differences are selected, not listed.
 */
export function hodgesLehmann(first: readonly number[], second: readonly number[], confidence = 0.95): Shift {
  const a = Float64Array.from(first).sort();
  const b = Float64Array.from(second).sort();
  const pairs = a.length * b.length;
  const middle = Math.ceil(pairs / 2);
  const lower = selectDifference(a, b, middle);
  const upper = pairs % 2 === 1 ? lower : selectDifference(a, b, middle + 1);
  const rank = boundRank(a.length, b.length, confidence);
  return {
    estimate: lower + (upper - lower) / 2,
    low: selectDifference(a, b, rank),
    high: selectDifference(a, b, pairs + 1 - rank),
  };
}

/** Rank of the difference that bounds the interval from below: ⌊nm/2 − z·√(nm(n+m+1)/12)⌋, at least 1. */
function boundRank(n: number, m: number, confidence: number): number {
  const z = normalQuantile(0.5 + confidence / 2);
  return Math.max(1, Math.floor((n * m) / 2 - z * Math.sqrt((n * m * (n + m + 1)) / 12)));
}

/** The difference a − b of the given rank (from 1) among all pairs of two sorted samples. */
function selectDifference(a: Float64Array, b: Float64Array, rank: number): number {
  // Differences beyond the largest number have no middle; between the two bounds there is always one.
  let low = Math.max((a[0] ?? 0) - (b.at(-1) ?? 0), -Number.MAX_VALUE);
  let high = Math.min((a.at(-1) ?? 0) - (b[0] ?? 0), Number.MAX_VALUE);
  while (low < high) {
    const pivot = below(high, low);
    const { count, largest, next } = split(a, b, pivot);
    // Both ends are moved onto differences that occur, so the search ends on one of them; an infinite one stays bounded.
    if (count >= rank) high = largest;
    else low = Math.min(next, high);
  }
  return low;
}

/** A number from `low` on and below `high`, near their middle: with neighbours `low`, as a middle rounded up would never end the search. */
function below(high: number, low: number): number {
  const middle = low / 2 + high / 2;
  return middle > low && middle < high ? middle : low;
}

/** How many differences are at most the pivot, the largest of them, and the smallest above it. */
function split(
  a: Float64Array,
  b: Float64Array,
  pivot: number,
): { count: number; largest: number; next: number } {
  let count = 0;
  let largest = Number.NEGATIVE_INFINITY;
  let next = Number.POSITIVE_INFINITY;
  // For growing a, the first b with a − b ≤ pivot moves up.
  let start = 0;
  for (const value of a) {
    while (start < b.length && value - (b[start] ?? 0) > pivot) start++;
    count += b.length - start;
    if (start < b.length) largest = Math.max(largest, value - (b[start] ?? 0));
    if (start > 0) next = Math.min(next, value - (b[start - 1] ?? 0));
  }
  return { count, largest, next };
}
