import type { EffectContext, ServiceRef } from '../platform/platform.ts';

export interface LoadRequest extends ServiceRef {
  /** `test.teststrategy`, lower-cased: which workload of the load configuration runs. */
  strategy: string;
  /** Base address under test, from the deployment's URIs. */
  target: string;
  /** Public address, which Locust takes before the local one as locust-service did; absent when there is none. */
  publicTarget?: string;
  /** Names the test's runs, the same over retries, so that a run is joined; a new one when absent. */
  id?: string;
  keptnContext?: string;
  /** Commit of the stage's configuration to read load files from; newest when absent. */
  gitCommitId?: string;
}

export interface LoadResult {
  /** Window of the test in RFC 3339 with milliseconds and Z: the evaluation looks at exactly this. */
  start: string;
  end: string;
  requests: number;
  errors: number;
  /** Milliseconds. */
  latency: { average: number; p50: number; p90: number; p95: number; p99: number; max: number };
  /** Verdict by the tool's own rule. */
  result: 'pass' | 'fail';
  message: string;
}

/** Produces load and says how it went. Throws LoadTerminalError for a configuration that cannot run, LoadRetryableError otherwise. */
export interface LoadTool {
  run(request: LoadRequest, context: EffectContext): Promise<LoadResult>;
}
