import type { LoadResult } from './load-tool.ts';
import { percentile } from './percentiles.ts';

/** What Locust measured, over all requests; times in milliseconds. */
export interface LocustStats {
  requests: number;
  errors: number;
  latency: LoadResult['latency'];
}

/** Rounded response times and how often each came, of all requests together. */
type Counts = Map<number, number>;

const TOTALS = /^\s+Aggregated\s+(\d+)\s+(\d+)\(/gm;

/** The totals of the newest table in Locust's output, in words; undefined before the first one. */
export function newestTotals(output: string): string | undefined {
  const found = [...output.matchAll(TOTALS)].at(-1);
  return found === undefined ? undefined : `${found[1]} requests, ${found[2]} failed`;
}

/**
 * Reads the file of `--json-file`: a list with an entry for each request's name, without their sum. Undefined for anything else, so
 * for a test that did not come to its end. The CSV files are not read: their last lines lag behind the end of the test.
 */
export function readLocustStats(text: string): LocustStats | undefined {
  const entries = entriesOf(text);
  if (entries === undefined) return undefined;
  const counts: Counts = new Map();
  let [requests, errors, total, max] = [0, 0, 0, 0];
  for (const entry of entries) {
    requests += number(entry.num_requests);
    errors += number(entry.num_failures);
    total += number(entry.total_response_time);
    max = Math.max(max, number(entry.max_response_time));
    for (const [time, count] of Object.entries(objectOf(entry.response_times))) {
      counts.set(Number(time), (counts.get(Number(time)) ?? 0) + number(count));
    }
  }
  const values = expanded(counts);
  // Locust keeps rounded times: above 100 ms only tens.
  const of = (share: number): number => Math.min(percentile(values, share), Math.ceil(max));
  const average = requests === 0 ? 0 : Math.round((total / requests) * 10) / 10;
  const latency = {
    average,
    p50: of(50),
    p90: of(90),
    p95: of(95),
    p99: of(99),
    max: Math.round(max * 10) / 10,
  };
  return { requests, errors, latency };
}

function entriesOf(text: string): { [key: string]: unknown }[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.map(objectOf) : undefined;
  } catch {
    return undefined; // nothing was written, or not to its end
  }
}

function objectOf(value: unknown): { [key: string]: unknown } {
  return typeof value === 'object' && value !== null ? (value as { [key: string]: unknown }) : {};
}

function number(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** Every single response time, ascending. */
function expanded(counts: Counts): Float64Array {
  const values = new Float64Array([...counts.values()].reduce((sum, count) => sum + count, 0));
  let at = 0;
  for (const [time, count] of [...counts].sort(([left], [right]) => left - right)) {
    values.fill(time, at, at + count);
    at += count;
  }
  return values;
}
