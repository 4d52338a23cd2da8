import type { CanaryRule } from './statistics/canary.ts';
import type { SliResult, Slo } from './types.ts';

/** What happens to an objective whose SLI has no value (key `x-no-data`). */
export interface NoDataRule {
  /** `fail` is Keptn's behaviour; `warn` gives half the points; `ignore` leaves the objective out of the score. */
  readonly policy: 'fail' | 'warn' | 'ignore';
  /** How long the value is asked for again before the policy applies, in seconds; 0 for not at all. */
  readonly retrySeconds: number;
}

/** An objective judged by how fast its error budget burns (key `x-error-budget`). */
export interface ErrorBudgetRule {
  /** Share of good events that is promised, between 0 and 1 exclusive. */
  readonly target: number;
  /** Whether the SLI is the ratio of bad events or of good events, each from 0 to 1. */
  readonly measures: 'errors' | 'success';
  /** Highest burn rate that passes: 1 uses up the budget exactly at the end of its period. */
  readonly maxBurnRate: number;
  /** Highest burn rate that still gives a warning, or null. */
  readonly warningBurnRate: number | null;
}

/** What a slo.yaml asks of an objective beyond Keptn; all of it is off by default. */
export interface ObjectiveExtensions {
  readonly noData?: NoDataRule;
  readonly compare?: CanaryRule;
  readonly errorBudget?: ErrorBudgetRule;
}

/** A metric that is worth asking the provider for again. */
export interface AwaitedMetric {
  readonly metric: string;
  readonly retrySeconds: number;
}

/** Metrics without a value whose objective wants them asked for again, with how long to go on. */
export function metricsToRetry(slo: Slo, sliResults: readonly SliResult[]): AwaitedMetric[] {
  const measured = new Set(sliResults.filter(({ success }) => success).map(({ metric }) => metric));
  const awaited: AwaitedMetric[] = [];
  for (const { sli, extensions } of slo.objectives) {
    const retrySeconds = extensions?.noData?.retrySeconds ?? 0;
    if (retrySeconds > 0 && !measured.has(sli)) awaited.push({ metric: sli, retrySeconds });
  }
  return awaited;
}
