import { parseDuration } from '../sequence/duration.ts';

/** What the evaluation.triggered event says about time; every part may be missing or empty. */
export interface TimeframeInput {
  readonly evaluation?: { readonly start?: string; readonly end?: string; readonly timeframe?: string };
  readonly test?: { readonly start?: string; readonly end?: string };
}

/** The window to evaluate. Times are `YYYY-MM-DDTHH:MM:SS.mmmZ`, or as given where Keptn copies them. */
export type Timeframe = { readonly start: string; readonly end: string } | { readonly error: string };

/** Keptn's message for an event without any time. */
export const NO_TIMEFRAME = 'evaluation.triggered event does not contain evaluation timeframe';

const MINUTE = 60_000;

/**
 * Window of an evaluation.triggered event (Keptn 1.4.5): the evaluation block if it has start and end or a
 * timeframe, else the times of the test verbatim, else an error.
 */
export function resolveTimeframe({ evaluation = {}, test = {} }: TimeframeInput, now: Date): Timeframe {
  const { start = '', end = '', timeframe = '' } = evaluation;
  if ((start !== '' && end !== '') || timeframe !== '') return resolveWindow({ start, end, timeframe }, now);
  if (test.start && test.end) return { start: test.start, end: test.end };
  return { error: NO_TIMEFRAME };
}

/** Start, end and duration as a user gives them to the command line or the API; empty means absent. */
export interface WindowInput {
  readonly start?: string;
  readonly end?: string;
  readonly timeframe?: string;
}

/**
 * Applies the rules of Keptn's shared time helper (go-utils 0.20): default 5 minutes, at least one minute, never all
 * three. Its messages, except for a time or duration that cannot be read: that one is named with what to write.
 */
export function resolveWindow({ start = '', end = '', timeframe = '' }: WindowInput, now: Date): Timeframe {
  if (end !== '' && timeframe !== '') return { error: "'end' and 'timeframe' are mutually exclusive" };
  if (start === '' && end !== '') return { error: 'start date is required when using an end date' };
  if (start !== '' && end === '' && timeframe === '') return { error: 'no timeframe or end date provided' };
  const duration = timeframe === '' ? 5 * MINUTE : parseDuration(timeframe);
  if (duration === undefined) {
    const why = `"${timeframe}" is not a duration: write for example 5m, 90s or 1h30m`;
    return { error: `could not parse provided timeframe: ${why}` };
  }
  const nowTime: ZonedTime = { utc: now.getTime(), offset: 0 };
  if (start === '') return checked(shift(nowTime, -duration), nowTime);
  const from = parseTime(start);
  if (from === undefined) return { error: notATime(start) };
  if (end === '') return checked(from, shift(from, duration));
  const until = parseTime(end);
  return until === undefined ? { error: notATime(end) } : checked(from, until);
}

function notATime(text: string): string {
  return `"${text}" is not a time: write it as 2006-01-02T15:04:05.000Z`;
}

/** A moment and the offset of the zone that it was written in, both in milliseconds. */
interface ZonedTime {
  readonly utc: number;
  readonly offset: number;
}

function shift(time: ZonedTime, milliseconds: number): ZonedTime {
  return { utc: time.utc + milliseconds, offset: time.offset };
}

function checked(start: ZonedTime, end: ZonedTime): Timeframe {
  if (end.utc - start.utc < MINUTE) return { error: 'end date must be at least 1 minute after start date' };
  return { start: formatTime(start), end: formatTime(end) };
}

/** Keptn prints a literal Z behind the local time of the offset that was given. */
function formatTime(time: ZonedTime): string {
  return new Date(Math.floor(time.utc + time.offset)).toISOString();
}

const TIME = /^(\d{4})-(\d{2})-(\d{2})T(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})?$/;

/** Reads a time in one of the three layouts that Keptn tries; without a zone it is UTC. */
function parseTime(text: string): ZonedTime | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const zone = match[8];
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  if (day < 1 || date.getUTCDate() !== day) return undefined;
  const offset = zoneOffset(zone);
  if (offset === undefined) return undefined;
  const fraction = match[7] === undefined ? 0 : Number(`0.${match[7].slice(0, 9)}`) * 1000;
  return { utc: date.getTime() + fraction - offset, offset };
}

function zoneOffset(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 24 || minutes > 60) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * MINUTE;
}
