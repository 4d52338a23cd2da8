import type { EffectContext, ServiceRef } from '../platform/platform.ts';

export interface SliRequest extends ServiceRef {
  /** SLI names in slo.yaml's order; duplicates are kept. */
  indicators: string[];
  /** RFC 3339 or unix seconds. */
  start: string;
  end: string;
  /** `deployment` of the get-sli event: canary, primary, direct or empty. */
  deployment: string;
  labels: { [key: string]: string };
  /** `filter` of slo.yaml. */
  customFilters: { key: string; value: string }[];
  gitCommitId?: string;
}

/** One value as the provider answers it; `value` is 0 when it failed (Keptn 1.4.5). */
export interface SliValue {
  metric: string;
  value: number;
  success: boolean;
  message?: string;
  /** The query that was sent, for explanations. */
  query?: string;
}

/** `get-sli` part and outcome of get-sli.finished. */
export interface SliAnswer {
  status: 'succeeded' | 'errored' | 'aborted';
  result: 'pass' | 'warning' | 'fail';
  message: string;
  start: string;
  end: string;
  values: SliValue[];
}

/** Fetches measured values. An SLI that cannot be had is an answer (success false), an unreachable provider throws SliRetryableError. */
export interface SliProvider {
  /** Name that `configure monitoring` uses, for example `prometheus`. */
  readonly name: string;
  fetch(request: SliRequest, context: EffectContext): Promise<SliAnswer>;
}
