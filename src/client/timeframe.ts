import { RefusedError } from './errors.ts';

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Milliseconds of a Go duration such as `5m`, `1h30m` or `90s`; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, , unit] of text.matchAll(/(\d+(\.\d+)?)(h|ms|m|s)/g)) {
    total += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return total;
}

/** Start, end and timeframe as a user gives them. */
export interface WindowRequest {
  start?: string | undefined;
  end?: string | undefined;
  timeframe?: string | undefined;
}

/**
 * The window of an evaluation in RFC 3339 with milliseconds, by the rules of the Keptn 1.4.5 CLI: the last five
 * minutes when nothing is said, at least one minute long. Throws RefusedError.
 */
export function evaluationWindow(request: WindowRequest, now: Date): { start: string; end: string } {
  if (request.start !== undefined && request.end !== undefined && request.timeframe !== undefined) {
    throw new RefusedError('start, end and timeframe are given together', 'leave one of the three out');
  }
  if (request.end !== undefined && request.start === undefined) {
    throw new RefusedError('an end is given without a start', 'give the start as well');
  }
  const frame = request.timeframe === undefined ? 5 * 60_000 : readTimeframe(request.timeframe);
  const start = request.start === undefined ? now.getTime() - frame : readTime(request.start, 'start');
  const openEnd =
    request.start === undefined || request.timeframe !== undefined ? start + frame : now.getTime();
  const end = request.end === undefined ? openEnd : readTime(request.end, 'end');
  if (end - start < 60_000) {
    throw new RefusedError(
      'the time to evaluate is shorter than one minute',
      'choose start and end at least one minute apart',
    );
  }
  return { start: new Date(start).toISOString(), end: new Date(end).toISOString() };
}

function readTimeframe(text: string): number {
  const frame = parseDuration(text);
  if (frame !== undefined) return frame;
  throw new RefusedError(`"${text}" is no timeframe`, 'use a duration such as 5m or 1h30m');
}

/** Keptn's CLI takes times without a zone as UTC. */
function readTime(text: string, what: string): number {
  const zoned = /(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`;
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? Date.parse(zoned) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new RefusedError(
    `the ${what} "${text}" is no time`,
    'use RFC 3339, for example 2026-01-31T10:00:00Z',
  );
}
