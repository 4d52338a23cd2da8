import { createReadStream } from 'node:fs';
import { formatProblem } from '../../files/problem.ts';
import { type BacktestRow, backtest, type PastEvaluation } from '../../gate/backtest.ts';
import { formatGoFloat } from '../../gate/number-format.ts';
import { EXIT } from '../exit-codes.ts';
import { paint, paintResult, renderTable } from '../output/print.ts';
import { GateInputError } from './errors.ts';
import { type GateIo, readText } from './io.ts';
import { parseJson } from './json-reader.ts';
import { readLines } from './lines.ts';
import { readPastEvaluation } from './read-past.ts';
import { prepareGateFile } from './slo-cache.ts';

/** Options of `gate backtest`. */
export interface BacktestOptions {
  readonly slo?: string;
  readonly history?: string;
  readonly output?: 'table' | 'json';
  /** List only the runs that would have gone the other way. */
  readonly changesOnly?: boolean;
}

/** Runs `gate backtest` and gives its exit code: 0 whatever changes, 3 when the new gate cannot be used. */
export async function backtestCommand(options: BacktestOptions, io: GateIo): Promise<number> {
  if (options.slo === undefined)
    throw new GateInputError('--slo is missing: give the path of the new slo.yaml');
  if (options.history === undefined)
    throw new GateInputError('--history is missing: give exported evaluations, one JSON line each');
  const { parsed, compiled } = prepareGateFile(await readText(options.slo), options.slo);
  for (const problem of parsed.problems) io.stderr.write(`${formatProblem(problem)}\n`);
  if (compiled === null)
    throw new GateInputError(
      parsed.sloProblem?.message ?? `${options.slo} is empty: there is no gate to try`,
    );
  const rows = backtest(compiled, newestFirst(await readPast(options.history)));
  const shown = options.changesOnly === true ? rows.filter(({ change }) => change !== 'same') : rows;
  const text =
    options.output === 'json' ? JSON.stringify(jsonOf(rows, shown), null, 2) : tableOf(rows, shown);
  io.stdout.write(`${text}\n`);
  return EXIT.ok;
}

async function readPast(path: string): Promise<PastEvaluation[]> {
  const past: PastEvaluation[] = [];
  let number = 0;
  try {
    for await (const line of readLines(createReadStream(path))) {
      number++;
      if (line.trim() !== '')
        past.push(readPastEvaluation(parseJson(line, `${path}:${number}`), `${path}:${number}`));
    }
  } catch (error) {
    if (error instanceof GateInputError) throw error;
    throw new GateInputError(
      `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return past;
}

/** By time when every line has one, else as the file has them. */
function newestFirst(past: PastEvaluation[]): PastEvaluation[] {
  if (past.some(({ time }) => Number.isNaN(Date.parse(time)))) return past;
  return past.sort((a, b) => Date.parse(b.time) - Date.parse(a.time));
}

function jsonOf(rows: readonly BacktestRow[], shown: readonly BacktestRow[]): object {
  return {
    summary: summaryOf(rows),
    runs: shown.map(({ past, verdict, change }) => ({
      id: past.id,
      time: past.time,
      project: past.project,
      stage: past.stage,
      service: past.service,
      labels: past.labels,
      before: { result: past.result, score: past.score },
      now: {
        status: verdict.status,
        result: verdict.result,
        score: verdict.evaluation.score,
        message: verdict.message,
      },
      change,
    })),
  };
}

interface Summary {
  readonly runs: number;
  readonly same: number;
  /** Passed or warned then, would fail now. */
  readonly stopped: number;
  /** Failed then, would pass or warn now. */
  readonly released: number;
  /** Between pass and warning. */
  readonly other: number;
}

function summaryOf(rows: readonly BacktestRow[]): Summary {
  const count = (change: BacktestRow['change']): number => rows.filter((row) => row.change === change).length;
  return {
    runs: rows.length,
    same: count('same'),
    stopped: count('stopped'),
    released: count('released'),
    other: count('other'),
  };
}

function tableOf(rows: readonly BacktestRow[], shown: readonly BacktestRow[]): string {
  const table = renderTable({
    head: ['run', 'build', 'before', 'now', 'change', 'reason'],
    rows: shown.map(({ past, verdict, change }) => [
      past.time === '' ? past.id : past.time,
      past.labels.buildId ?? past.labels.version ?? past.id,
      `${past.result} ${formatGoFloat(Number(past.score.toFixed(2)))}`,
      `${paintResult(verdict.result)} ${formatGoFloat(Number(verdict.evaluation.score.toFixed(2)))}`,
      change === 'same' ? '' : paint('yellow', change),
      verdict.message,
    ]),
    empty: rows.length === 0 ? 'There is no past evaluation.' : 'No run would have gone the other way.',
  });
  const { runs, same, stopped, released, other } = summaryOf(rows);
  const counts = `${runs} runs: ${same} as before, ${stopped} would have been stopped, ${released} released, ${other} between pass and warning.`;
  return `${table}\n\n${counts}`;
}
