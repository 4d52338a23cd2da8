import { SliTerminalError } from './errors.ts';

/** The window of an evaluation in milliseconds since 1970. */
export interface SliWindow {
  startMs: number;
  endMs: number;
  /** Length in seconds, rounded up (Keptn 1.4.5). */
  seconds: number;
}

/** Reads start and end, RFC 3339 or unix seconds; throws SliTerminalError for anything else. */
export function parseWindow({ start, end }: { start: string; end: string }): SliWindow {
  const startMs = parseTime('start', start);
  const endMs = parseTime('end', end);
  return { startMs, endMs, seconds: Math.ceil((endMs - startMs) / 1000) };
}

function parseTime(name: string, text: string): number {
  const time = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (Number.isFinite(time) && text !== '') return time;
  throw new SliTerminalError(
    `the ${name} "${text}" of the evaluation is no time: write 2006-01-02T15:04:05.000Z`,
  );
}
