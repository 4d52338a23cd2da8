import Table from 'cli-table3';

/** Middle value of the samples; the mean of the two middle ones for an even number. */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Prints the raw samples of one measurement as a JSON line. */
export function printRow(bench: string, values: Readonly<Record<string, unknown>>): void {
  console.log(
    JSON.stringify({ bench, ...values }, (_key, value) =>
      typeof value === 'number' ? Math.round(value) : value,
    ),
  );
}

/** Prints a table of medians. */
export function printTable(head: string[], rows: readonly string[][]): void {
  const table = new Table({ head, style: { head: [], border: [] }, colAligns: head.map(() => 'right') });
  table.push(...rows);
  console.log(table.toString());
}
