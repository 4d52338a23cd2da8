/**
 * The percentile that Keptn's aggregate_function names: `p50`, `p90` or `p95`; 0 for any other name, because
 * Keptn then compares with 0. At least one value is expected.
 */
export function percentileOf(values: readonly number[], aggregateFunction: string): number {
  switch (aggregateFunction) {
    case 'p50':
      return percentile(values, 0.5);
    case 'p90':
      return percentile(values, 0.9);
    case 'p95':
      return percentile(values, 0.95);
    default:
      return 0;
  }
}

/**
 * Percentile `fraction` (0 to 1) at position fraction × (n + 1) of the sorted values, between its two
 * neighbours in proportion, held to the first and the last value; 0 without values.
 */
export function percentile(values: readonly number[], fraction: number): number {
  const sorted = Float64Array.from(values).sort();
  const position = fraction * (sorted.length + 1);
  if (position < 1) return sorted[0] ?? 0;
  if (position >= sorted.length) return sorted.at(-1) ?? 0;
  const index = Math.floor(position);
  const lower = sorted[index - 1] ?? 0;
  const upper = sorted[index] ?? 0;
  return lower + (position - index) * (upper - lower);
}
