import type { IndicatorResult, Slo, Verdict } from '../../gate/types.ts';

/** One objective of a verdict as the gate commands print it. */
export type IndicatorJson = Readonly<Record<string, unknown>>;

/** A verdict as the gate commands print it with `-o json` and `--batch`. */
export interface VerdictJson {
  readonly status: string;
  readonly result: string;
  readonly message: string;
  readonly evaluation: {
    readonly result: string;
    readonly score: number;
    readonly comparedEvents: readonly string[];
    readonly indicatorResults: readonly IndicatorJson[] | null;
  };
}

/** Flattens the measured value of each objective into its result. */
export function verdictJson(verdict: Verdict, slo: Slo | null): VerdictJson {
  const { status, result, message, evaluation } = verdict;
  const { score, comparedEvents } = evaluation;
  const indicatorResults =
    evaluation.indicatorResults?.map((indicator, index) =>
      indicatorJson(indicator, slo?.objectives[index]?.sli ?? ''),
    ) ?? null;
  return {
    status,
    result,
    message,
    evaluation: { result: evaluation.result, score, comparedEvents, indicatorResults },
  };
}

function indicatorJson(indicator: IndicatorResult, sli: string): IndicatorJson {
  const { value } = indicator;
  return {
    metric: value?.metric ?? sli,
    displayName: indicator.displayName,
    score: indicator.score,
    status: indicator.status,
    keySli: indicator.keySli,
    value: value === null ? null : value.value,
    success: value?.success ?? false,
    comparedValue: value?.comparedValue ?? 0,
    message: value?.message ?? '',
    passTargets: indicator.passTargets,
    warningTargets: indicator.warningTargets,
  };
}
