import type { CanarySamples, Series } from '../../gate/statistics/canary.ts';
import { readList, readNumber, readRecord } from './json-reader.ts';

/**
 * Samples by metric: `{"rt": {"primary": side, "canary": side}}`, each side either a list of numbers, a list of
 * `[seconds, value]`, or `{"events": n, "trials": n}`.
 */
export function readSamples(value: unknown, where: string): Record<string, CanarySamples> {
  const metrics = Object.entries(readRecord(value, where)).map(([metric, sides]) => {
    const record = readRecord(sides, `${where}${metric}`);
    const primary = readSeries(record.primary, `${where}${metric}.primary`);
    return [metric, { primary, canary: readSeries(record.canary, `${where}${metric}.canary`) }] as const;
  });
  return Object.fromEntries(metrics);
}

function readSeries(value: unknown, where: string): Series {
  if (!Array.isArray(value)) {
    const { events, trials } = readRecord(value, where);
    return { events: readNumber(events, `${where}.events`), trials: readNumber(trials, `${where}.trials`) };
  }
  return {
    values: value.map((item, index) => {
      if (!Array.isArray(item)) return { time: index, value: readNumber(item, `${where}[${index}]`) };
      const [time, measured] = readList(item, `${where}[${index}]`);
      return {
        time: readNumber(time, `${where}[${index}][0]`),
        value: readNumber(measured, `${where}[${index}][1]`),
      };
    }),
  };
}
