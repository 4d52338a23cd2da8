import { formatProblem } from '../../files/problem.ts';
import { reviewSlo } from '../../files/slo-review.ts';
import { evaluateGate } from '../../gate/evaluate.ts';
import type { GetSliOutcome, Verdict } from '../../gate/types.ts';
import { EXIT } from '../exit-codes.ts';
import { runBatch } from './batch.ts';
import { GateInputError } from './errors.ts';
import { type GateIo, readText } from './io.ts';
import { parseJson } from './json-reader.ts';
import { readPreviousEvaluations, readSliResults } from './read-results.ts';
import { readSamples } from './read-samples.ts';
import { type PreparedSlo, prepareGateFile } from './slo-cache.ts';
import { renderVerdict } from './table.ts';
import { verdictJson } from './verdict-json.ts';

/** Options of `gate evaluate`. */
export interface EvaluateOptions {
  readonly slo?: string;
  readonly sli?: string;
  readonly history?: string;
  /** Samples of canary and primary by metric, for objectives with `x-compare`. */
  readonly samples?: string;
  readonly project?: string;
  readonly stage?: string;
  readonly service?: string;
  readonly output?: 'table' | 'json';
  /** `warning` makes a warning end with exit code 1 instead of 0. */
  readonly failOn?: 'warning' | 'fail';
  readonly batch?: boolean;
}

/** Runs `gate evaluate` and gives its exit code: 0 pass, 1 warning with failOn, 2 fail, 3 error. */
export async function evaluateCommand(options: EvaluateOptions, io: GateIo): Promise<number> {
  if (options.batch === true) {
    await runBatch(io.stdin, io.stdout);
    return EXIT.ok;
  }
  const judged = await judgeFiles(options);
  const { parsed } = judged.prepared;
  for (const problem of [...parsed.problems, ...reviewSlo(parsed, options.slo)])
    io.stderr.write(`${formatProblem(problem)}\n`);
  const text =
    options.output === 'json'
      ? JSON.stringify(verdictJson(judged.verdict, judged.prepared.parsed.slo), null, 2)
      : renderVerdict(judged.verdict, judged.prepared.parsed.slo);
  io.stdout.write(`${text}\n`);
  return exitCode(judged.verdict, options.failOn ?? 'fail');
}

/** A verdict on files, with the slo.yaml that it was judged by. */
export interface JudgedFiles {
  readonly verdict: Verdict;
  readonly prepared: PreparedSlo;
}

/** Judges the files that the options name. */
export async function judgeFiles(options: EvaluateOptions, getSli: GetSliOutcome = {}): Promise<JudgedFiles> {
  if (options.slo === undefined) throw new GateInputError('--slo is missing: give the path of a slo.yaml');
  if (options.sli === undefined)
    throw new GateInputError('--sli is missing: give the path of a file with SLI values');
  const prepared = prepareGateFile(await readText(options.slo), options.slo);
  const values = parseJson(await readText(options.sli), options.sli);
  const history =
    options.history === undefined ? [] : parseJson(await readText(options.history), options.history);
  const samples =
    options.samples === undefined ? {} : parseJson(await readText(options.samples), options.samples);
  const verdict = evaluateGate({
    slo: prepared.compiled,
    ...(prepared.parsed.sloProblem === undefined ? {} : { sloProblem: prepared.parsed.sloProblem }),
    sliResults: readSliResults(values, `${options.sli}: `),
    previousResults: readPreviousEvaluations(history, `${options.history ?? 'history'}: `),
    getSli,
    samples: readSamples(samples, `${options.samples ?? 'samples'}: `),
    project: options.project ?? '',
    stage: options.stage ?? '',
    service: options.service ?? '',
  });
  return { verdict, prepared };
}

/** Exit code of a verdict. */
export function exitCode(verdict: Verdict, failOn: 'warning' | 'fail'): number {
  if (verdict.status === 'errored') return EXIT.error;
  if (verdict.result === 'fail') return EXIT.fail;
  return verdict.result === 'warning' && failOn === 'warning' ? EXIT.warning : EXIT.ok;
}
