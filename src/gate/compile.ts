import { type Criterion, type InvalidCriterion, isCriterion, parseCriterion } from './criterion.ts';
import type { CriteriaSet, Objective, Slo } from './types.ts';

/** The criteria of an objective's pass or warning list, parsed. */
export interface CompiledCriteria {
  readonly sets: readonly (readonly Criterion[])[];
  /** Number of parsed criteria before the first unparsable one, or of all. */
  readonly usable: number;
  /** The first criterion that does not parse. */
  readonly invalid: InvalidCriterion | undefined;
}

/** An objective whose criteria are parsed once, however often it is evaluated. */
export interface CompiledObjective {
  readonly objective: Objective;
  readonly pass: CompiledCriteria;
  readonly warning: CompiledCriteria;
}

/** A slo.yaml ready to judge any number of runs. */
export interface CompiledSlo {
  readonly slo: Slo;
  readonly objectives: readonly CompiledObjective[];
}

/** Parses every criterion of a slo.yaml once. */
export function compileSlo(slo: Slo): CompiledSlo {
  const objectives = slo.objectives.map((objective) => ({
    objective,
    pass: compileCriteria(objective.pass),
    warning: compileCriteria(objective.warning),
  }));
  return { slo, objectives };
}

function compileCriteria(sets: readonly CriteriaSet[]): CompiledCriteria {
  let invalid: InvalidCriterion | undefined;
  let usable = 0;
  const compiled = sets.map((set) => {
    const criteria: Criterion[] = [];
    for (const text of set.criteria) {
      const criterion = parseCriterion(text);
      if (isCriterion(criterion)) {
        criteria.push(criterion);
        if (invalid === undefined) usable++;
      } else invalid ??= criterion;
    }
    return criteria;
  });
  return { sets: compiled, usable, invalid };
}
