/** Counts of a summary line of JMeter; times in milliseconds. */
export interface JmeterSummary {
  requests: number;
  average: number;
  max: number;
  errors: number;
}

/** One answer in JMeter's results. */
export interface JmeterSample {
  elapsed: number;
  success: boolean;
  /** Response code and message, as `500 Internal Server Error`. */
  outcome: string;
}

const SUMMARY = /^summary =\s+(\d+) in .*Avg:\s*(\d+)\s+Min:\s*\d+\s+Max:\s*(\d+)\s+Err:\s*(\d+)/gm;
const NEWEST = /^summary [+=]\s.*$/gm;

/** The last `summary =` line, from which jmeter-service took its verdict; undefined when there is none. */
export function lastSummary(output: string): JmeterSummary | undefined {
  const found = [...output.matchAll(SUMMARY)].at(-1);
  if (found === undefined) return undefined;
  const [requests = 0, average = 0, max = 0, errors = 0] = found.slice(1).map(Number);
  return { requests, average, max, errors };
}

/** The newest summary line, also of a test that goes on. */
export function newestSummary(output: string): string | undefined {
  return output.match(NEWEST)?.at(-1)?.replaceAll(/\s+/g, ' ').trim();
}

/** JMeter's results as CSV with a header; a row that is not whole, as at the end of a killed run, is left out. */
export function readSamples(csv: string): JmeterSample[] {
  const rows = csvRows(csv);
  const header = rows.next().value ?? [];
  const [elapsed, success, code, message] = ['elapsed', 'success', 'responseCode', 'responseMessage'].map(
    (name) => header.indexOf(name),
  );
  const samples: JmeterSample[] = [];
  for (const row of rows) {
    if (row.length < header.length) continue;
    const cell = (index: number | undefined): string => row[index ?? -1] ?? '';
    samples.push({
      elapsed: Number(cell(elapsed)) || 0,
      success: cell(success) === 'true',
      outcome: `${cell(code)} ${cell(message)}`.trim(),
    });
  }
  return samples;
}

const CELL = /(?:"((?:[^"]|"")*)"|([^,\r\n"]*))(,|\r?\n|$)/y;

/** Rows of CSV with quoted cells, which may hold commas, quotes and line ends. */
function* csvRows(csv: string): Generator<string[]> {
  let row: string[] = [];
  CELL.lastIndex = 0;
  while (CELL.lastIndex < csv.length) {
    const cell = CELL.exec(csv);
    if (cell === null) return; // a quote that never ends: the file was cut there
    row.push(cell[1]?.replaceAll('""', '"') ?? cell[2] ?? '');
    if (cell[3] === ',') continue;
    if (cell[3] !== '') yield row;
    row = [];
  }
}
