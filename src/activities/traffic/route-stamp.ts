import { randomBytes } from 'node:crypto';
import { TrafficTerminalError } from './errors.ts';
import type { Weights } from './traffic-router.ts';

/** Response header that tells which version of a route has answered. */
export const STAMP_HEADER = 'x-slipway-route';

/** A new stamp. The random part tells apart two writes with equal weights: an abort in the middle needs that. */
export function newStamp({ primary, canary }: Weights): string {
  return `p${primary}-c${canary}-${randomBytes(5).toString('hex')}`;
}

/** Weights that a stamp was made for; undefined for any other text. */
export function stampWeights(stamp: string | undefined): Weights | undefined {
  const match = /^p(\d{1,3})-c(\d{1,3})-[0-9a-f]{10}$/.exec(stamp ?? '');
  return match === null ? undefined : { primary: Number(match[1]), canary: Number(match[2]) };
}

/** Refuses weights that are no whole percentages adding up to 100: a route of only zeros answers nothing but errors. */
export function checkWeights({ primary, canary }: Weights): void {
  const whole = [primary, canary].every((weight) => Number.isInteger(weight) && weight >= 0 && weight <= 100);
  if (!whole || primary + canary !== 100) {
    throw new TrafficTerminalError(
      `weights primary ${primary}, canary ${canary} are refused: give whole numbers from 0 to 100 that add up to 100`,
    );
  }
}

/** True when both shares are equal. */
export function sameWeights(a: Weights | undefined, b: Weights): boolean {
  return a?.primary === b.primary && a.canary === b.canary;
}
