import { formatDuration } from './duration.ts';
import type { StartLimits } from './types.ts';

const HOUR_MS = 3_600_000;

/** A trigger of a sequence: whose run it began, and when (milliseconds since 1970). */
export interface SequenceStart {
  keptnContext: string;
  time: number;
}

/**
 * Why the last of these triggers of one sequence and service may not start it; undefined when it may. `starts` in the order
 * in which they came, the refused ones included: who was admitted follows from the order alone, so that the answer is the same
 * however often and wherever it is asked for.
 *
 * A further round of an admitted context (a remediation that triggers itself) is never refused and counts as no new start, but
 * the cooldown begins again with it.
 */
export function refusedStart(limits: StartLimits, starts: readonly SequenceStart[]): string | undefined {
  const firsts: SequenceStart[] = [];
  const contexts = new Set<string>();
  let newest: SequenceStart | undefined;
  let reason: string | undefined;
  for (const start of starts) {
    const isNew = !contexts.has(start.keptnContext);
    reason = isNew ? (tooSoon(limits, newest, start) ?? tooOften(limits, firsts, start)) : undefined;
    if (reason !== undefined) continue;
    newest = start;
    contexts.add(start.keptnContext);
    if (isNew) firsts.push(start);
  }
  return reason;
}

function tooSoon(
  { cooldownMs }: StartLimits,
  newest: SequenceStart | undefined,
  { time }: SequenceStart,
): string | undefined {
  if (cooldownMs === undefined || newest === undefined || time - newest.time >= cooldownMs) return undefined;
  const seconds = Math.max(0, Math.round((time - newest.time) / 1000));
  const last = `the last one began ${seconds} s before, in context ${newest.keptnContext}`;
  return `x-cooldown is ${formatDuration(cooldownMs)}, and ${last}`;
}

function tooOften(
  { maxPerHour }: StartLimits,
  firsts: readonly SequenceStart[],
  { time }: SequenceStart,
): string | undefined {
  if (maxPerHour === undefined) return undefined;
  const recent = firsts.filter((other) => time - other.time < HOUR_MS).length;
  return recent < maxPerHour
    ? undefined
    : `x-max-per-hour is ${maxPerHour}, and ${recent} began in the last hour`;
}
