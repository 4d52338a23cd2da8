import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { findWorkload, type LoadFile, type LoadWorkload, parseLoad } from '../../files/load.ts';
import { formatProblem, hasErrors } from '../../files/problem.ts';
import type { ConfigRepo } from '../config/config-repo.ts';
import type { EffectContext } from '../platform/platform.ts';
import { LoadTerminalError } from './errors.ts';
import { type HttpUsersRun, newRun, runHttpUsers } from './http-users.ts';
import type { LoadRequest, LoadResult, LoadTool } from './load-tool.ts';

const FILE = 'jmeter/jmeter.conf.yaml';

export interface HttpLoadOptions {
  /** Divides loop counts, for a demo that must be short; default 1. */
  speed?: number;
  /** Milliseconds between the tries to reach the target; default 5,000, as jmeter-service waited. */
  reachInterval?: number;
}

/** Load from this process: the workloads of jmeter.conf.yaml as GET requests of the target, judged by jmeter-service's rule. */
export class HttpLoad implements LoadTool {
  readonly #config: ConfigRepo;
  readonly #options: HttpLoadOptions;

  constructor(config: ConfigRepo, options: HttpLoadOptions = {}) {
    this.#config = config;
    this.#options = options;
  }

  async run(request: LoadRequest, context: EffectContext): Promise<LoadResult> {
    const workload = await this.#workload(request);
    const target = readTarget(request.target, workload.path);
    const start = new Date();
    const run = newRun();
    if (request.strategy === 'healthcheck' && !(await this.#reaches(target, context))) {
      const message = `The address ${target.href} cannot be reached: no connection in 3 tries`;
      return resultOf(run, start, { result: 'fail', message });
    }
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
    return resultOf(run, start, judge(workload, run));
  }

  async #workload(request: LoadRequest): Promise<LoadWorkload> {
    const file = await this.#readFile(request);
    const workload = findWorkload(file, request.strategy);
    if (workload === undefined) {
      throw new LoadTerminalError(
        `No workload for the test strategy ${request.strategy}: ${FILE} of ${request.service} in stage ${request.stage} has ` +
          `${file?.workloads.map(({ teststrategy }) => teststrategy).join(', ') || 'none'}, and there is no default; add one`,
      );
    }
    return workload;
  }

  /** Service, else stage, else project. */
  async #readFile({ project, stage, service, gitCommitId }: LoadRequest): Promise<LoadFile | undefined> {
    const scopes = [
      { scope: { project, stage, service }, commit: gitCommitId },
      { scope: { project, stage }, commit: gitCommitId },
      { scope: { project }, commit: undefined }, // lies on another branch than the commit
    ];
    for (const { scope, commit } of scopes) {
      const resource = await this.#config.read(scope, FILE, commit);
      if (resource === undefined) continue;
      const where = [...Object.values(scope), FILE].join('/');
      const { model, problems } = parseLoad(new TextDecoder().decode(resource.content), where);
      if (model !== undefined && !hasErrors(problems)) return model;
      throw new LoadTerminalError(`The load test cannot run: ${problems.map(formatProblem).join('; ')}`);
    }
    return undefined;
  }

  async #reaches(target: URL, { signal, progress }: EffectContext): Promise<boolean> {
    const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80);
    for (let attempt = 1; attempt <= 3; attempt++) {
      if (await accepts(target.hostname, port)) return true;
      progress(`${target.href} does not accept connections (try ${attempt} of 3)`);
      if (attempt < 3) await delay(this.#options.reachInterval ?? 5000, undefined, { signal });
    }
    return false;
  }
}

/** A path of the workload takes the place of the address's own; another host it cannot name. */
function readTarget(target: string, path?: string): URL {
  if (URL.canParse(target) && /^https?:$/.test(new URL(target).protocol)) {
    const url = new URL(target);
    if (path !== undefined) [url.pathname = '/', url.search = ''] = path.split(/(?=\?)/);
    return url;
  }
  throw new LoadTerminalError(
    `"${target}" is no http or https address: correct deploymentURIsLocal of the deployment`,
  );
}

function limits({ vuser, thinktime, durationSeconds, requestsPerSecond }: LoadWorkload) {
  return {
    users: Math.min(vuser, 1000),
    thinkTime: thinktime,
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
  };
}

/** jmeter-service's rule: no error at all for functional tests, else the accepted rate, and the average answer time. */
export function judge(
  workload: Pick<LoadWorkload, 'teststrategy' | 'acceptederrorrate' | 'avgrtvalidation'>,
  run: Pick<HttpUsersRun, 'requests' | 'errors' | 'firstError'> & { latency: { mean: number } },
): Pick<LoadResult, 'result' | 'message'> {
  const counted = `${run.errors} of ${run.requests} requests failed${run.firstError ? ` (first: ${run.firstError})` : ''}`;
  const accepted = Math.floor(workload.acceptederrorrate * run.requests);
  if (workload.teststrategy === 'functional' && run.errors > 0) {
    return { result: 'fail', message: `${counted}; a functional test accepts none` };
  }
  if (run.errors > accepted) return { result: 'fail', message: `${counted}; accepted are ${accepted}` };
  const average = milliseconds(run.latency.mean);
  if (workload.avgrtvalidation > 0 && average > workload.avgrtvalidation) {
    return {
      result: 'fail',
      message: `the average answer took ${average} ms; accepted are ${workload.avgrtvalidation} ms`,
    };
  }
  return { result: 'pass', message: `${counted}, average ${average} ms` };
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

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port, timeout: 5000 });
    const end = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}
