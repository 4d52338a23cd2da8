import type { FreezeWindow } from '../../sequence/freeze.ts';

/** A window as the file has it; every part as text. */
export interface WrittenFreeze {
  from: string | undefined;
  to: string | undefined;
  timezone: string | undefined;
  reason: string | undefined;
}

const MOMENT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/i;
const WEEKLY = /^(mon|tue|wed|thu|fri|sat|sun)[a-z]*\s+([01]\d|2[0-3]):([0-5]\d)$/i;
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const HOW = 'write two RFC 3339 times (2026-12-23T18:00:00Z), or two weekly ones (Fri 16:00) with a timezone';

/** The window, or what is wrong with it. */
export function readFreeze(written: WrittenFreeze): FreezeWindow | { problem: string } {
  const { from = '', to = '', timezone, reason = '' } = written;
  if (MOMENT.test(from) && MOMENT.test(to)) return once(from, to, reason);
  const start = weekly(from);
  const end = weekly(to);
  if (start === undefined || end === undefined) {
    return { problem: `from "${from}" and to "${to}" are no window: ${HOW}` };
  }
  if (start === end) return { problem: `from and to are both ${from}: the window has no length` };
  if (timezone === undefined || !isTimeZone(timezone)) {
    const what =
      timezone === undefined ? 'a weekly window needs a timezone' : `"${timezone}" is no time zone`;
    return { problem: `${what}: write one such as Europe/Vienna or UTC` };
  }
  return { kind: 'weekly', from: start, to: end, timeZone: timezone, reason };
}

function once(from: string, to: string, reason: string): FreezeWindow | { problem: string } {
  const window = { kind: 'once', from: Date.parse(from), to: Date.parse(to), reason } as const;
  if (Number.isNaN(window.from) || Number.isNaN(window.to)) {
    return { problem: `from "${from}" and to "${to}" are no window: ${HOW}` };
  }
  return window.from < window.to ? window : { problem: `to ${to} is not after from ${from}` };
}

/** Minutes since Monday 00:00. */
function weekly(text: string): number | undefined {
  const [, day = '', hour = '', minute = ''] = WEEKLY.exec(text.trim()) ?? [];
  if (day === '') return undefined;
  return (DAYS.indexOf(day.toLowerCase()) * 24 + Number(hour)) * 60 + Number(minute);
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
