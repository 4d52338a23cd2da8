import type { LoadWorkload } from '../../files/load.ts';
import type { ConfigRepo } from '../config/config-repo.ts';
import type { EffectContext } from '../platform/platform.ts';
import { type HttpUsersRun, newRun, runHttpUsers } from './http-users.ts';
import { LoadFiles } from './load-files.ts';
import type { LoadRequest, LoadResult, LoadTool } from './load-tool.ts';
import { ReachCheck } from './reach.ts';
import { readTarget } from './target.ts';
import { judge } from './verdict.ts';

export interface HttpLoadOptions {
  /** Divides loop counts, for a demo that must be short; default 1. */
  speed?: number;
  /** Milliseconds between the tries to reach the target; default 5,000, as jmeter-service waited. */
  reachInterval?: number;
}

/** Load from this process: the workloads of jmeter.conf.yaml as GET requests of the target, judged by jmeter-service's rule. */
export class HttpLoad implements LoadTool {
  readonly #files: LoadFiles;
  readonly #reach: ReachCheck;
  readonly #options: HttpLoadOptions;

  constructor(config: ConfigRepo, options: HttpLoadOptions = {}) {
    this.#files = new LoadFiles(config);
    this.#reach = new ReachCheck(options.reachInterval);
    this.#options = options;
  }

  async run(request: LoadRequest, context: EffectContext): Promise<LoadResult> {
    const workload = await this.#files.jmeterWorkload(request);
    const target = readTarget(request.target, workload.path);
    if (request.strategy === 'healthcheck') {
      const reached = await this.#reach.run(request, context);
      if (reached.result === 'fail') return reached;
    }
    const start = new Date();
    const run = newRun();
    const speed = this.#options.speed ?? 1;
    const requestsPerUser = Math.max(1, Math.round(workload.loopcount / speed));
    const shown = `${workload.teststrategy}: ${workload.vuser} users × ${requestsPerUser} requests`;
    const timer = setInterval(() => {
      context.progress(`${shown}: ${run.requests} sent, ${run.errors} failed`);
    }, 1000);
    try {
      context.progress(shown);
      await runHttpUsers({ ...limits(workload), target, requestsPerUser, signal: context.signal }, run);
    } finally {
      clearInterval(timer);
    }
    return resultOf(run, start, judge(workload, { ...run, average: milliseconds(run.latency.mean) }));
  }
}

function limits({ vuser, thinktime, durationSeconds, requestsPerSecond }: LoadWorkload) {
  return {
    users: Math.min(vuser, 1000),
    thinkTime: thinktime,
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
  };
}

function resultOf(
  run: HttpUsersRun,
  start: Date,
  verdict: Pick<LoadResult, 'result' | 'message'>,
): LoadResult {
  const percentile = (share: number) =>
    run.requests === 0 ? 0 : milliseconds(run.latency.percentile(share));
  return {
    start: start.toISOString(),
    end: new Date().toISOString(),
    requests: run.requests,
    errors: run.errors,
    latency: {
      average: milliseconds(run.latency.mean),
      p50: percentile(50),
      p90: percentile(90),
      p95: percentile(95),
      p99: percentile(99),
      max: run.requests === 0 ? 0 : milliseconds(run.latency.max),
    },
    ...verdict,
  };
}

/** Microseconds to milliseconds with one digit; 0 when nothing was measured. */
function milliseconds(microseconds: number): number {
  return Number.isFinite(microseconds) ? Math.round(microseconds / 100) / 10 : 0;
}
