import type { ObjectiveExtensions } from './extensions.ts';

/** Overall outcome of an evaluation. */
export type GateResult = 'pass' | 'warning' | 'fail';

/** Whether the evaluation itself could be carried out. */
export type GateStatus = 'succeeded' | 'errored';

/** Criteria that must all hold; one satisfied set of a list is enough. */
export interface CriteriaSet {
  readonly criteria: readonly string[];
}

/** One objective of slo.yaml with Keptn's defaults applied. */
export interface Objective {
  readonly sli: string;
  /** Empty when the file gives none. */
  readonly displayName: string;
  /** Empty for an informational objective. */
  readonly pass: readonly CriteriaSet[];
  readonly warning: readonly CriteriaSet[];
  /** Integer, default 1; may be negative. */
  readonly weight: number;
  readonly keySli: boolean;
  /** What the file asks beyond Keptn in `x-` keys; absent when it asks for nothing. */
  readonly extensions?: ObjectiveExtensions;
}

/** How the baseline of relative criteria is made, with Keptn's defaults applied. */
export interface Comparison {
  /** `single_result` and `several_results` are known; anything else compares with the 3 newest. */
  readonly compareWith: string;
  /** `pass` and `pass_or_warn` filter (in any case); anything else means all. */
  readonly includeResultWithScore: string;
  readonly numberOfComparisonResults: number;
  /** `avg`, `p50`, `p90` or `p95`; anything else makes the baseline 0. */
  readonly aggregateFunction: string;
}

/** slo.yaml as the gate takes it: plain JSON with Keptn's defaults applied. */
export interface Slo {
  readonly specVersion: string;
  readonly filter: Readonly<Record<string, string>>;
  readonly comparison: Comparison;
  readonly objectives: readonly Objective[];
  /** Thresholds as text such as `90%`; empty strings when absent. */
  readonly totalScore: { readonly pass: string; readonly warning: string };
}

/** A value measured by an SLI provider. */
export interface SliResult {
  readonly metric: string;
  readonly value: number;
  readonly success: boolean;
  readonly message?: string;
  readonly comparedValue?: number;
}

/** A value of an earlier evaluation; null stands for a value that was never received. */
export type PreviousValue = Pick<SliResult, 'metric' | 'value' | 'success'> | null;

/** An earlier evaluation of the same project, stage and service. */
export interface PreviousEvaluation {
  readonly id: string;
  /** Overall result of the evaluation.finished event. */
  readonly result: string;
  readonly invalidated?: boolean;
  readonly indicatorResults: readonly PreviousValue[] | null;
}

/** What get-sli.finished said of itself. Defaults: succeeded, pass, no message. */
export interface GetSliOutcome {
  readonly status?: string;
  readonly result?: string;
  readonly message?: string;
}

/** One criterion with the number it stands for. */
export interface SliTarget {
  readonly criteria: string;
  readonly targetValue: number;
  readonly violated: boolean;
}

/** Outcome of one objective, as in `indicatorResults` of evaluation.finished. */
export interface IndicatorResult {
  readonly score: number;
  readonly value: (SliResult & { readonly comparedValue: number }) | null;
  readonly displayName: string;
  /** Null when an evaluated objective has no criteria at all. */
  readonly passTargets: readonly SliTarget[] | null;
  readonly warningTargets: readonly SliTarget[] | null;
  readonly keySli: boolean;
  readonly status: GateResult | 'info';
}

/** The scored part of a verdict. */
export interface Evaluation {
  readonly result: GateResult;
  /** Percent of the maximum, not rounded. */
  readonly score: number;
  /** Ids of all selected earlier evaluations, newest first. */
  readonly comparedEvents: readonly string[];
  /** Null when no objective was evaluated. */
  readonly indicatorResults: readonly IndicatorResult[] | null;
}

/** What the gate says: the outer status, result and message of evaluation.finished and its evaluation. */
export interface Verdict {
  readonly status: GateStatus;
  readonly result: GateResult;
  /** Empty when there is nothing to say. */
  readonly message: string;
  readonly evaluation: Evaluation;
}

/** Why a slo.yaml that exists cannot be used. */
export interface SloProblem {
  /**
   * `unparsable`: Keptn reports "Could not parse SLO file …". `unusable`: Keptn crashes; the message says
   * where and why instead.
   */
  readonly kind: 'unparsable' | 'unusable';
  readonly message: string;
}
