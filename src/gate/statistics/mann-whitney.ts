import { normalTail } from './normal.ts';

/** What the test asks: is the first sample larger, smaller, or just different? */
export type Alternative = 'greater' | 'less' | 'two-sided';

/** Outcome of a Mann–Whitney U test. */
export interface MannWhitney {
  /** U of the first sample: pairs in which it is larger, ties counted half. */
  readonly u: number;
  /** Probability of a U at least as extreme when both samples have the same distribution. */
  readonly p: number;
  /** Common-language effect size: chance that a value of the first sample is larger than one of the second. */
  readonly effectSize: number;
}

/**
 * Mann–Whitney U test. Exact when one sample has at most 8 values and there are no ties, else the normal
 * approximation with tie and continuity correction (the choice of SciPy's method="auto").
 */
export function mannWhitney(
  first: readonly number[],
  second: readonly number[],
  alternative: Alternative,
): MannWhitney {
  const n = first.length;
  const m = second.length;
  if (n === 0 || m === 0) return { u: Number.NaN, p: Number.NaN, effectSize: Number.NaN };
  const { u, ties } = rankSum(first, second);
  const exact = ties === 0 && Math.min(n, m) <= 8;
  const opposite = n * m - u;
  const larger = alternative === 'greater' ? u : alternative === 'less' ? opposite : Math.max(u, opposite);
  const tail = exact ? exactTail(Math.round(larger), n, m) : approximateTail(larger, { n, m, ties });
  const p = alternative === 'two-sided' ? 2 * tail : tail;
  return { u, p: Math.min(1, Math.max(0, p)), effectSize: u / (n * m) };
}

/** U of the first sample and Σ(t³ − t) over groups of equal values. */
function rankSum(first: readonly number[], second: readonly number[]): { u: number; ties: number } {
  const a = Float64Array.from(first).sort();
  const b = Float64Array.from(second).sort();
  let rankSumOfFirst = 0;
  let ties = 0;
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const value = Math.min(a[i] ?? Number.POSITIVE_INFINITY, b[j] ?? Number.POSITIVE_INFINITY);
    const before = i + j;
    const fromFirst = i;
    while (i < a.length && a[i] === value) i++;
    while (j < b.length && b[j] === value) j++;
    const group = i + j - before;
    // Infinite values end the loop instead of matching themselves forever.
    if (group === 0) break;
    rankSumOfFirst += (i - fromFirst) * (before + (group + 1) / 2);
    ties += group ** 3 - group;
  }
  return { u: rankSumOfFirst - (a.length * (a.length + 1)) / 2, ties };
}

function approximateTail(u: number, { n, m, ties }: { n: number; m: number; ties: number }): number {
  const total = n + m;
  const deviation = Math.sqrt(((n * m) / 12) * (total + 1 - ties / (total * (total - 1))));
  const z = (u - (n * m) / 2 - 0.5) / deviation;
  // Without any spread every arrangement is as extreme as the observed one.
  return Number.isNaN(z) || deviation === 0 ? 1 : normalTail(z);
}

/** Chance of U ≥ u from the number of arrangements of each U, built up one value at a time. */
function exactTail(u: number, n: number, m: number): number {
  const small = Math.min(n, m);
  const large = Math.max(n, m);
  // counts[k][s]: ways to choose k ranks whose U is s; the generating function is a Gaussian binomial.
  let frequencies = new Float64Array(small * large + 1);
  frequencies[0] = 1;
  for (let k = 1; k <= small; k++) frequencies = nextFactor(frequencies, large + k, k);
  let total = 0;
  let tail = 0;
  for (const [value, count] of frequencies.entries()) {
    total += count;
    if (value >= u) tail += count;
  }
  return tail / total;
}

/** Multiplies a polynomial by (1 − x^up) / (1 − x^down), cut at its length. */
function nextFactor(
  polynomial: Float64Array<ArrayBuffer>,
  up: number,
  down: number,
): Float64Array<ArrayBuffer> {
  const result = Float64Array.from(polynomial);
  for (let power = result.length - 1; power >= up; power--)
    result[power] = (result[power] ?? 0) - (result[power - up] ?? 0);
  for (let power = down; power < result.length; power++)
    result[power] = (result[power] ?? 0) + (result[power - down] ?? 0);
  return result;
}
