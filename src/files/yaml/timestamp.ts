const DATE = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;
const TIME =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?: |([Tt]))(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})?$/;

/**
 * An unquoted date or time as JSON carries it in Keptn 1.4.5: Go's yaml.v3 takes `2022-01-02` for a moment, which becomes
 * `2022-01-02T00:00:00Z`. Undefined for any other text.
 */
export function goTimestamp(text: string): string | undefined {
  const date = DATE.exec(text);
  if (date !== null) return isDay(date) ? `${day(date)}T00:00:00Z` : undefined;
  const time = TIME.exec(text);
  if (time === null) return undefined;
  const [, , , , separator, hour = '', minute = '', second = '', fraction = '', zone] = time;
  // A time behind a blank has no zone, one behind a T must have one.
  if ((separator === undefined) !== (zone === undefined)) return undefined;
  if (!isDay(time) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const parts = fraction.slice(0, 9).replace(/0+$/, '');
  const clock = [hour, minute, second].map((part) => part.padStart(2, '0')).join(':');
  const shownZone = zone === undefined || /^[+-]00:00$/.test(zone) ? 'Z' : zone;
  return `${day(time)}T${clock}${parts === '' ? '' : `.${parts}`}${shownZone}`;
}

function day([, year = '', month = '', date = '']: RegExpExecArray): string {
  return `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`;
}

function isDay(match: RegExpExecArray): boolean {
  const text = day(match);
  const milliseconds = Date.parse(`${text}T00:00:00Z`);
  return Number.isFinite(milliseconds) && new Date(milliseconds).toISOString().startsWith(text);
}
