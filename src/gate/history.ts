import { percentileOf } from './aggregate.ts';
import type { Comparison, PreviousEvaluation } from './types.ts';

/** What a relative criterion is compared with. */
export interface Baseline {
  readonly value: number;
  /** No earlier value: relative criteria are satisfied. */
  readonly absent: boolean;
}

const NO_BASELINE: Baseline = { value: 0, absent: true };

/** Most evaluations that Keptn's store hands out; other numbers make the evaluation error. */
const MAX_RESULTS = 100;

/** How many earlier evaluations the comparison asks for, or undefined when the store refuses the number. */
export function requestedResults(comparison: Comparison): number | undefined {
  const count = countFor(comparison);
  return count >= 1 && count <= MAX_RESULTS ? count : undefined;
}

function countFor(comparison: Comparison): number {
  if (comparison.compareWith === 'single_result') return 1;
  return comparison.compareWith === 'several_results' ? comparison.numberOfComparisonResults : 3;
}

/** The newest evaluations that the comparison counts; invalidated ones are left out before counting. */
export function selectPrevious(
  previous: readonly PreviousEvaluation[],
  comparison: Comparison,
  count: number,
): PreviousEvaluation[] {
  const accepted = acceptedResults(comparison.includeResultWithScore);
  const selected: PreviousEvaluation[] = [];
  for (const evaluation of previous) {
    if (selected.length === count) break;
    if (evaluation.invalidated === true) continue;
    if (accepted === undefined || accepted.includes(evaluation.result)) selected.push(evaluation);
  }
  return selected;
}

function acceptedResults(includeResultWithScore: string): readonly string[] | undefined {
  const wanted = includeResultWithScore.toLowerCase();
  if (wanted === 'pass') return ['pass'];
  return wanted === 'pass_or_warn' ? ['pass', 'warning'] : undefined;
}

/** Values of one metric, newest evaluation first. */
interface Series {
  readonly metric: string;
  count: number;
  /** Sum in the order of the history, which is what an average needs. */
  sum: number;
  /** Kept for percentiles only. */
  readonly values: number[];
}

/**
 * Successful values of the selected evaluations by metric, gathered in one pass over the history; the
 * baseline of a metric is computed once, when it is first asked for.
 */
export class History {
  readonly #series = new Map<string, Series>();
  readonly #baselines = new Map<string, Baseline>();
  readonly #aggregateFunction: string;

  constructor(selected: readonly PreviousEvaluation[], aggregateFunction: string) {
    this.#aggregateFunction = aggregateFunction;
    const keepsValues = aggregateFunction !== 'avg';
    // Runs list their metrics in the same order nearly always: look at the same place first, then search.
    const order: Series[] = [];
    for (const { indicatorResults } of selected) {
      if (indicatorResults === null) continue;
      for (let place = 0; place < indicatorResults.length; place++) {
        const value = indicatorResults[place];
        if (value === null || value === undefined || value.success !== true) continue;
        let series = order[place];
        if (series === undefined || series.metric !== value.metric) {
          series = this.#find(value.metric);
          order[place] = series;
        }
        series.count++;
        if (keepsValues) series.values.push(value.value);
        else series.sum += value.value;
      }
    }
  }

  /** Baseline of a metric over the selected evaluations. */
  baseline(metric: string): Baseline {
    const known = this.#baselines.get(metric);
    if (known !== undefined) return known;
    const series = this.#series.get(metric);
    const baseline = series === undefined ? NO_BASELINE : { value: this.#aggregate(series), absent: false };
    this.#baselines.set(metric, baseline);
    return baseline;
  }

  #aggregate({ sum, count, values }: Series): number {
    return this.#aggregateFunction === 'avg' ? sum / count : percentileOf(values, this.#aggregateFunction);
  }

  #find(metric: string): Series {
    let series = this.#series.get(metric);
    if (series === undefined) {
      series = { metric, count: 0, sum: 0, values: [] };
      this.#series.set(metric, series);
    }
    return series;
  }
}
