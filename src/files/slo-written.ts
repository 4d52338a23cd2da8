import type { ObjectiveExtensions } from '../gate/extensions.ts';
import type { Comparison, Objective, Slo } from '../gate/types.ts';

/** An objective with only the fields that its file gives. */
export type WrittenObjective = Partial<Omit<Objective, 'sli' | 'extensions'>> & {
  readonly sli: string;
  readonly extensions: ObjectiveExtensions;
};

/** A slo.yaml with only what it says, before Keptn's defaults. */
export interface WrittenSlo {
  readonly specVersion?: string;
  readonly filter: Readonly<Record<string, string>>;
  /** Absent when there is no comparison block, which has other defaults than an empty one. */
  readonly comparison?: Partial<Comparison>;
  readonly objectives: readonly WrittenObjective[];
  readonly totalScore: Partial<Slo['totalScore']>;
  /** `x-inherit: true`: what this file does not say comes from the levels above it. */
  readonly inherit: boolean;
}

/** A file that says nothing. */
export const EMPTY_SLO: WrittenSlo = { filter: {}, objectives: [], totalScore: {}, inherit: false };

/** Adds Keptn's defaults: a weight of 0 is 1, empty texts in a comparison count as missing. */
export function withDefaults(written: WrittenSlo): Slo {
  return {
    specVersion: written.specVersion ?? '',
    filter: written.filter,
    comparison: comparisonWithDefaults(written.comparison),
    objectives: written.objectives.map(objectiveWithDefaults),
    totalScore: { pass: written.totalScore.pass ?? '', warning: written.totalScore.warning ?? '' },
  };
}

function comparisonWithDefaults(comparison: Partial<Comparison> | undefined): Comparison {
  if (comparison === undefined) {
    return {
      compareWith: 'single_result',
      includeResultWithScore: 'all',
      numberOfComparisonResults: 1,
      aggregateFunction: 'avg',
    };
  }
  return {
    compareWith: comparison.compareWith ?? '',
    includeResultWithScore: comparison.includeResultWithScore || 'all',
    numberOfComparisonResults: comparison.numberOfComparisonResults || 3,
    aggregateFunction: comparison.aggregateFunction || 'avg',
  };
}

function objectiveWithDefaults({ extensions, ...written }: WrittenObjective): Objective {
  return {
    sli: written.sli,
    displayName: written.displayName ?? '',
    pass: written.pass ?? [],
    warning: written.warning ?? [],
    weight: written.weight || 1,
    keySli: written.keySli ?? false,
    ...(Object.keys(extensions).length === 0 ? {} : { extensions }),
  };
}

/**
 * Lays one slo.yaml over another: fields of `upper` win, filters are merged by key, objectives by SLI field
 * by field in the order of `lower`, and objectives that only `upper` has follow.
 */
export function overlay(lower: WrittenSlo, upper: WrittenSlo): WrittenSlo {
  const comparison = { ...lower.comparison, ...upper.comparison };
  const remaining = [...upper.objectives];
  const merged = lower.objectives.map((objective) => {
    const place = remaining.findIndex(({ sli }) => sli === objective.sli);
    const [override] = place < 0 ? [] : remaining.splice(place, 1);
    return override === undefined ? objective : overlayObjective(objective, override);
  });
  return {
    ...lower,
    ...upper,
    filter: { ...lower.filter, ...upper.filter },
    ...(Object.keys(comparison).length === 0 ? {} : { comparison }),
    objectives: [...merged, ...remaining],
    totalScore: { ...lower.totalScore, ...upper.totalScore },
  };
}

function overlayObjective(lower: WrittenObjective, upper: WrittenObjective): WrittenObjective {
  return { ...lower, ...upper, extensions: { ...lower.extensions, ...upper.extensions } };
}
