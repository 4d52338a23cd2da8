const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Go counts nanoseconds in 64 bits: about 292 years. */
const MAX_MS = 2 ** 63 / 1e6;

/**
 * Reads a Go duration ('15m', '1h30m', '1.5s', '0') as milliseconds, or undefined when Go would refuse it.
 * Keptn 1.4.5 used it for `triggeredAfter`.
 */
export function parseDuration(text: string): number | undefined {
  const [, sign = '', body = ''] = /^([+-]?)(.*)$/.exec(text) ?? [];
  if (body === '0') return 0;
  if (!/^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(body)) return undefined;
  let milliseconds = 0;
  for (const [, figure = '', unit = ''] of body.matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    milliseconds += Number(figure) * (UNIT_MS[unit] ?? 0);
  }
  if (milliseconds > MAX_MS) return undefined;
  return sign === '-' ? -milliseconds : milliseconds;
}

/** Writes milliseconds as a short duration: 900000 becomes '15m', 90500 becomes '1m30.5s'. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds}ms`;
  const hours = Math.floor(milliseconds / 3_600_000);
  const minutes = Math.floor((milliseconds % 3_600_000) / 60_000);
  const seconds = (milliseconds % 60_000) / 1000;
  const parts = [
    hours > 0 ? `${hours}h` : '',
    minutes > 0 ? `${minutes}m` : '',
    seconds > 0 ? `${seconds}s` : '',
  ];
  return parts.join('');
}
