import { randomUUID } from 'node:crypto';
import type { LocustWorkload } from '../../files/locust.ts';
import { masked } from '../executors/masking.ts';
import type { EffectContext } from '../platform/platform.ts';
import { literalArgument } from '../runner/expand-variables.ts';
import type { Runner, RunRequest, RunResult } from '../runner/runner.ts';
import { LoadTerminalError } from './errors.ts';
import type { LoadFiles } from './load-files.ts';
import { LOAD_TIMEOUT_SECONDS, type LoadProgram, type LoadRunOptions } from './load-program.ts';
import type { LoadRequest, LoadResult } from './load-tool.ts';
import { type LocustStats, newestTotals, readLocustStats } from './locust-output.ts';
import { readTarget } from './target.ts';

/** Where Locust leaves its results, below /keptn; it adds the ending itself. */
const RESULTS = 'slipway-results';
const RESULTS_FILE = `${RESULTS}.json`;
/** What locust-service ran without a configuration. */
const DEFAULT_LOAD = ['--users=10', '--run-time=2m'];

/** What a test with Locust needs besides its program. */
export interface LocustParts {
  files: LoadFiles;
  runner: Runner;
  secret(name: string): Promise<{ [key: string]: string } | undefined>;
}

/** A workload of locust.conf.yaml, by the real Locust. */
export class LocustLoad {
  readonly #parts: LocustParts;
  readonly #options: LoadRunOptions;

  constructor(parts: LocustParts, options: LoadRunOptions = {}) {
    this.#parts = parts;
    this.#options = options;
  }

  /**
   * Runs the workload's script headless against the public address, else the local one; the keys of the secret
   * `locust-<project>-<stage>-<service>` are its variables (locust-service). The exit code decides: 0 passes, another one fails
   * when requests were sent. Throws LoadTerminalError when Locust could not test at all.
   */
  async run(
    request: LoadRequest,
    { workload, program }: { workload: LocustWorkload; program: LoadProgram },
    context: EffectContext,
  ): Promise<LoadResult> {
    const start = new Date();
    const target = readTarget(request.publicTarget ?? request.target);
    const shown = `Locust, ${workload.script} against ${target.origin}`;
    context.progress(shown);
    const { project, stage, service } = request;
    const env = (await this.#parts.secret(`locust-${project}-${stage}-${service}`)) ?? {};
    const progressOf = (output: string): string | undefined => {
      const totals = newestTotals(output);
      return totals === undefined ? undefined : `${shown}: ${totals}`;
    };
    const run = { ...(await this.#request(request, { workload, program, target })), env, progressOf };
    const result = await this.#parts.runner.run(run, context);
    const logs = masked(result.logs, Object.values(env));
    return resultOf(workload, { ...result, logs }, start);
  }

  async #request(
    request: LoadRequest,
    { workload, program, target }: { workload: LocustWorkload; program: LoadProgram; target: URL },
  ): Promise<Omit<RunRequest, 'env'>> {
    const { script, conf } = workload;
    const load = conf === '' ? DEFAULT_LOAD : [`--config=/keptn/${conf}`];
    const options = [`--host=${target.href.replace(/\/$/, '')}`, `--locustfile=/keptn/${script}`, ...load];
    const files = await this.#parts.files.folder(request, 'locust');
    for (const path of [script, conf].filter((each) => each !== '')) {
      if (files.some((file) => file.path === path)) continue;
      const found = await this.#parts.files.one(request, path);
      if (found.length === 0) {
        throw new LoadTerminalError(
          `The load test cannot run: ${path}, which locust/locust.conf.yaml names, is not there; add it to the project`,
        );
      }
      files.push(...found);
    }
    return {
      name: `locust-${request.strategy}-${request.id ?? randomUUID()}`,
      namespace: this.#options.namespace ?? 'keptn',
      image: program.image,
      command: program.command,
      args: ['--headless', `--json-file=/keptn/${RESULTS}`, ...options].map(literalArgument),
      files,
      workingDir: '/keptn',
      timeoutSeconds: this.#options.timeoutSeconds ?? LOAD_TIMEOUT_SECONDS,
      resources: { limits: { memory: '1Gi' }, requests: { cpu: '500m', memory: '256Mi' } },
      outputs: [RESULTS_FILE],
    };
  }
}

function resultOf(workload: LocustWorkload, run: RunResult, start: Date): LoadResult {
  const stats = readLocustStats(new TextDecoder().decode(run.outputs[RESULTS_FILE] ?? new Uint8Array()));
  if (run.timedOut || stats === undefined || (run.exitCode !== 0 && stats.requests === 0)) {
    const why = run.timedOut
      ? 'Locust was stopped before the end of the test, because its time is over'
      : `Locust ended with exit code ${run.exitCode} and measured nothing`;
    throw new LoadTerminalError(
      `${why}; it told last: ${run.logs.trim().split('\n').slice(-6).join(' / ').slice(-800)}`,
    );
  }
  return {
    start: start.toISOString(),
    end: new Date().toISOString(),
    requests: stats.requests,
    errors: stats.errors,
    latency: stats.latency,
    result: run.exitCode === 0 ? 'pass' : 'fail',
    message: messageOf(workload, { exitCode: run.exitCode, stats }),
  };
}

function messageOf(
  { script }: LocustWorkload,
  { exitCode, stats }: { exitCode: number; stats: LocustStats },
): string {
  const { requests, errors, latency } = stats;
  const code = exitCode === 0 ? '' : `, exit code ${exitCode}`;
  return `${errors} of ${requests} requests failed, average ${latency.average} ms${code} (measured by Locust, ${script})`;
}
