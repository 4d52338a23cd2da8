import { parseDuration } from './duration.ts';
import type { Json } from './json.ts';

/** A run or an old version that waits longer is forgotten by its people. */
const MAX_DAYS = 30;
const MAX_MS = MAX_DAYS * 86_400_000;

/** A property's Go duration as whole milliseconds, at most 30 days; undefined for anything else. */
export function readDuration(value: Json): number | undefined {
  if (value === 0) return 0;
  const milliseconds = typeof value === 'string' ? parseDuration(value) : undefined;
  if (milliseconds === undefined || milliseconds < 0 || milliseconds > MAX_MS) return undefined;
  return Math.round(milliseconds);
}

/** What is wrong with a property that readDuration refuses. */
export function notADuration(key: string): string {
  return `${key} must be a duration such as 90s, 15m or 1h30m, at most ${MAX_DAYS} days`;
}
