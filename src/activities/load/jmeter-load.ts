import { randomUUID } from 'node:crypto';
import type { LoadWorkload } from '../../files/load.ts';
import type { EffectContext } from '../platform/platform.ts';
import { literalArgument } from '../runner/expand-variables.ts';
import type { Runner, RunRequest, RunResult } from '../runner/runner.ts';
import { LoadTerminalError } from './errors.ts';
import { lastSummary, newestSummary, readSamples } from './jmeter-output.ts';
import { jmeterProperties } from './jmeter-properties.ts';
import type { LoadFiles } from './load-files.ts';
import { LOAD_TIMEOUT_SECONDS, type LoadProgram, type LoadRunOptions } from './load-program.ts';
import type { LoadRequest, LoadResult } from './load-tool.ts';
import { percentile } from './percentiles.ts';
import { readTarget } from './target.ts';
import { judge } from './verdict.ts';

/** Where JMeter leaves its results, below /keptn. */
const RESULTS = 'slipway-results.jtl';

/** A workload of jmeter.conf.yaml with its script, by the real JMeter. */
export class JmeterLoad {
  readonly #parts: { files: LoadFiles; runner: Runner };
  readonly #options: LoadRunOptions;

  constructor(parts: { files: LoadFiles; runner: Runner }, options: LoadRunOptions = {}) {
    this.#parts = parts;
    this.#options = options;
  }

  /**
   * Runs the workload's script; the verdict comes from the last `summary =` line and jmeter-service's rule, the percentiles from
   * JMeter's results. Throws LoadTerminalError when JMeter does not end by itself, or without a summary.
   */
  async run(
    request: LoadRequest,
    { workload, program }: { workload: LoadWorkload; program: LoadProgram },
    context: EffectContext,
  ): Promise<LoadResult> {
    const start = new Date();
    const shown = `JMeter, ${workload.teststrategy}: ${workload.vuser} users × ${workload.loopcount} loops of ${workload.script}`;
    context.progress(shown);
    const run = await this.#request(request, { workload, program });
    const progressOf = (output: string): string | undefined => {
      const line = newestSummary(output);
      return line === undefined ? undefined : `${shown}: ${line}`;
    };
    const result = await this.#parts.runner.run({ ...run, progressOf }, context);
    return resultOf(workload, result, start);
  }

  async #request(
    request: LoadRequest,
    { workload, program }: { workload: LoadWorkload; program: LoadProgram },
  ): Promise<RunRequest> {
    const properties = jmeterProperties(request, workload, readTarget(request.target));
    const settings = Object.entries(properties).map(([name, value]) => `-J${name}=${value}`);
    return {
      name: `jmeter-${workload.teststrategy}-${request.id ?? randomUUID()}`,
      namespace: this.#options.namespace ?? 'keptn',
      image: program.image,
      command: program.command,
      args: ['-n', '-t', `/keptn/${workload.script}`, '-l', `/keptn/${RESULTS}`, ...settings].map(
        literalArgument,
      ),
      files: await this.#files(request, workload.script),
      env: {},
      workingDir: '/keptn',
      timeoutSeconds: this.#options.timeoutSeconds ?? LOAD_TIMEOUT_SECONDS,
      resources: { limits: { memory: '2Gi' }, requests: { cpu: '500m', memory: '1Gi' } },
      outputs: [RESULTS],
    };
  }

  /** All files below jmeter/, as jmeter-service fetched them, and the script wherever it lies. */
  async #files(request: LoadRequest, script: string): Promise<RunRequest['files']> {
    const files = await this.#parts.files.folder(request, 'jmeter');
    if (files.some(({ path }) => path === script)) return files;
    return [...files, ...(await this.#parts.files.one(request, script))];
  }
}

function resultOf(workload: LoadWorkload, run: RunResult, start: Date): LoadResult {
  const summary = lastSummary(run.logs);
  if (run.timedOut || summary === undefined) {
    const why = run.timedOut
      ? 'JMeter was stopped before the end of the test, because its time is over'
      : `JMeter ended with exit code ${run.exitCode} and no result`;
    const told = newestSummary(run.logs) ?? run.logs.trim().split('\n').slice(-6).join(' / ').slice(-800);
    throw new LoadTerminalError(`${why}; it told last: ${told}`);
  }
  const { requests, errors, average } = summary;
  const samples = readSamples(new TextDecoder().decode(run.outputs[RESULTS] ?? new Uint8Array()));
  const firstError = samples.find(({ success }) => !success)?.outcome;
  const verdict = judge(workload, { requests, errors, average, firstError });
  const measured = `measured by JMeter, ${workload.script}`;
  const part = samples.length < requests ? `; the percentiles are those of ${samples.length} requests` : '';
  return {
    start: start.toISOString(),
    end: new Date().toISOString(),
    requests,
    errors,
    latency: { average, ...percentilesOf(samples.map(({ elapsed }) => elapsed)), max: summary.max },
    result: verdict.result,
    message: `${verdict.message} (${measured}${part})`,
  };
}

function percentilesOf(elapsed: number[]): Pick<LoadResult['latency'], 'p50' | 'p90' | 'p95' | 'p99'> {
  const sorted = Float64Array.from(elapsed).sort();
  const of = (share: number): number => percentile(sorted, share);
  return { p50: of(50), p90: of(90), p95: of(95), p99: of(99) };
}
