import { logGamma } from './gamma.ts';
import type { Alternative } from './mann-whitney.ts';
import { normalTail } from './normal.ts';

/** Events counted out of a number of trials, such as failed requests out of all requests. */
export interface Proportion {
  readonly events: number;
  readonly trials: number;
}

/** Outcome of a comparison of two proportions. */
export interface ProportionTest {
  readonly p: number;
  /** First proportion minus second. */
  readonly difference: number;
  /** `fisher` when an expected count is below 5, else the pooled `z` test. */
  readonly method: 'fisher' | 'z';
}

/** Compares two proportions: pooled z test, or Fisher's exact test when an expected count is below 5. */
export function compareProportions(
  first: Proportion,
  second: Proportion,
  alternative: Alternative,
): ProportionTest {
  const difference = first.events / first.trials - second.events / second.trials;
  const pooled = (first.events + second.events) / (first.trials + second.trials);
  const fewest = Math.min(first.trials, second.trials) * Math.min(pooled, 1 - pooled);
  if (fewest < 5) return { p: fisherExact(first, second, alternative), difference, method: 'fisher' };
  const z = difference / Math.sqrt(pooled * (1 - pooled) * (1 / first.trials + 1 / second.trials));
  return { p: tailOf(z, alternative), difference, method: 'z' };
}

function tailOf(z: number, alternative: Alternative): number {
  if (alternative === 'greater') return normalTail(z);
  return alternative === 'less' ? normalTail(-z) : 2 * normalTail(Math.abs(z));
}

/** Fisher's exact test; two-sided sums all tables that are at most as likely as the observed one. */
function fisherExact(first: Proportion, second: Proportion, alternative: Alternative): number {
  const events = first.events + second.events;
  const lowest = Math.max(0, events - second.trials);
  const highest = Math.min(events, first.trials);
  const probability = (count: number): number =>
    Math.exp(
      logChoose(first.trials, count) +
        logChoose(second.trials, events - count) -
        logChoose(first.trials + second.trials, events),
    );
  const observed = probability(first.events);
  let p = 0;
  for (let count = lowest; count <= highest; count++) {
    if (alternative === 'greater' && count < first.events) continue;
    if (alternative === 'less' && count > first.events) continue;
    const chance = probability(count);
    if (alternative !== 'two-sided' || chance <= observed * (1 + 1e-7)) p += chance;
  }
  return Math.min(1, p);
}

function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}
