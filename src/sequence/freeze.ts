import { isJsonObject, type JsonObject, textAt } from './json.ts';

/** A time in which a stage starts nothing new (shipyard key `x-freeze` of a stage). */
export type FreezeWindow =
  | { kind: 'once' /** Milliseconds since 1970. */; from: number; to: number; reason: string }
  | {
      kind: 'weekly';
      /** Minutes since Monday 00:00 in the time zone. */
      from: number;
      to: number;
      /** IANA name, for example Europe/Vienna. */
      timeZone: string;
      reason: string;
    };

/** That a stage is frozen, until when and why. */
export interface Freeze {
  /** Milliseconds since 1970. */
  until: number;
  reason: string;
}

const MINUTE_MS = 60_000;
const WEEK_MINUTES = 7 * 24 * 60;
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** The freeze that holds at a moment (milliseconds since 1970), of several the one that ends last; `to` is outside. */
export function freezeAt(windows: readonly FreezeWindow[], now: number): Freeze | undefined {
  return windows
    .map((window) => (window.kind === 'once' ? onceAt(window, now) : weeklyAt(window, now)))
    .reduce<Freeze | undefined>(
      (last, freeze) => (freeze !== undefined && freeze.until > (last?.until ?? 0) ? freeze : last),
      undefined,
    );
}

/**
 * Why a trigger may not start its sequence, or undefined. What repairs is let through: the follow-up of a failure and
 * the remediation of a problem; so is a sequence that only evaluates, and a trigger with an override for this stage.
 */
export function refusedByFreeze(
  windows: readonly FreezeWindow[],
  trigger: { stage: string; tasks: readonly { name: string }[]; data: JsonObject; now: number },
): string | undefined {
  const freeze = freezeAt(windows, trigger.now);
  if (freeze === undefined || isRepair(trigger.data) || overrides(trigger.data, trigger.stage))
    return undefined;
  if (trigger.tasks.every(({ name }) => name === 'evaluation')) return undefined;
  const why = freeze.reason === '' ? '' : ` (${freeze.reason})`;
  return (
    `stage ${trigger.stage} is frozen until ${new Date(freeze.until).toISOString()}${why}: ` +
    'trigger it again then, or override the freeze with a reason (--override-freeze)'
  );
}

/** True when somebody has overridden the freeze of this very stage, with a reason. */
function overrides(data: JsonObject, stage: string): boolean {
  const override = data['x-override-freeze'];
  return isJsonObject(override) && override.stage === stage && textAt(override, 'reason').trim() !== '';
}

function isRepair(data: JsonObject): boolean {
  return data.result === 'fail' || isJsonObject(data.problem);
}

function onceAt(
  { from, to, reason }: Extract<FreezeWindow, { kind: 'once' }>,
  now: number,
): Freeze | undefined {
  return from <= now && now < to ? { until: to, reason } : undefined;
}

function weeklyAt(window: Extract<FreezeWindow, { kind: 'weekly' }>, now: number): Freeze | undefined {
  const { from, to, timeZone, reason } = window;
  const minute = minuteOfWeek(now, timeZone);
  const inside = from < to ? from <= minute && minute < to : minute >= from || minute < to;
  if (!inside) return undefined;
  const left = modulo(to - minute, WEEK_MINUTES);
  const until = Math.floor(now / MINUTE_MS) * MINUTE_MS + left * MINUTE_MS;
  // Clocks that are put forward or back in between move the end on the line of time.
  const off = modulo(to - minuteOfWeek(until, timeZone) + WEEK_MINUTES / 2, WEEK_MINUTES) - WEEK_MINUTES / 2;
  return { until: until + off * MINUTE_MS, reason };
}

function minuteOfWeek(time: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]));
  const day = DAYS.indexOf(parts.get('weekday') ?? '');
  return (day * 24 + Number(parts.get('hour'))) * 60 + Number(parts.get('minute'));
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
