import type { CompiledCriteria, CompiledObjective } from './compile.ts';
import { type InvalidCriterion, relativeTarget, satisfies } from './criterion.ts';
import type { Baseline } from './history.ts';
import type { IndicatorResult, SliResult, SliTarget } from './types.ts';

/** An objective's result, and why it fails a key SLI if it does. */
export interface ObjectiveOutcome {
  readonly indicator: IndicatorResult;
  /** What the provider or the gate says about it; undefined unless the objective failed. */
  readonly failure: string | undefined;
  /** Whether the objective's weight is part of the maximum. */
  readonly counted: boolean;
}

/** Judges one objective; an unparsable pass criterion of an available SLI is handed back instead. */
export function evaluateObjective(
  compiled: CompiledObjective,
  received: SliResult | undefined,
  baseline: Baseline,
): ObjectiveOutcome | InvalidCriterion {
  const { objective } = compiled;
  if (objective.pass.length === 0) {
    return {
      indicator: unevaluated(compiled, received, baseline, 'info'),
      failure: undefined,
      counted: false,
    };
  }
  if (received === undefined) {
    const message = 'no value received from SLI provider';
    const missing = { metric: objective.sli, value: 0, success: false, message };
    return { indicator: unevaluated(compiled, missing, baseline, 'fail'), failure: message, counted: true };
  }
  if (!received.success) {
    return {
      indicator: unevaluated(compiled, received, baseline, 'fail'),
      failure: received.message ?? '',
      counted: true,
    };
  }
  if (compiled.pass.invalid !== undefined) return compiled.pass.invalid;
  return evaluated(compiled, received, baseline);
}

function unevaluated(
  compiled: CompiledObjective,
  received: SliResult | undefined,
  baseline: Baseline,
  status: 'fail' | 'info',
): IndicatorResult {
  return {
    score: 0,
    value: received === undefined ? null : withCompared(received, received.comparedValue ?? 0),
    displayName: compiled.objective.displayName,
    passTargets: rawTargets(compiled.pass, baseline),
    warningTargets: rawTargets(compiled.warning, baseline),
    // Keptn sets the flag only on objectives that it evaluates.
    keySli: false,
    status,
  };
}

/** Targets of criteria that were not evaluated: the baseline itself for relative ones, all violated. */
function rawTargets(criteria: CompiledCriteria, baseline: Baseline): SliTarget[] {
  const targets: SliTarget[] = [];
  for (const set of criteria.sets) {
    for (const criterion of set) {
      const targetValue = criterion.relative ? baseline.value : criterion.value;
      targets.push({ criteria: criterion.text, targetValue, violated: true });
    }
  }
  return targets;
}

function evaluated(compiled: CompiledObjective, received: SliResult, baseline: Baseline): ObjectiveOutcome {
  const { objective } = compiled;
  const pass = evaluateSets(compiled.pass, received.value, baseline);
  const warning = evaluateSets(compiled.warning, received.value, baseline);
  const status = pass.met ? 'pass' : warning.met ? 'warning' : 'fail';
  const score = status === 'pass' ? objective.weight : status === 'warning' ? 0.5 * objective.weight : 0;
  const compares = compiled.pass.usable + compiled.warning.usable > 0;
  const indicator: IndicatorResult = {
    score,
    value: withCompared(received, compares ? baseline.value : (received.comparedValue ?? 0)),
    displayName: objective.displayName,
    passTargets: pass.targets,
    warningTargets: warning.targets,
    keySli: objective.keySli,
    status,
  };
  const failure = status === 'fail' ? `failed evaluation with score ${score.toFixed(6)}` : undefined;
  return { indicator, failure, counted: true };
}

interface EvaluatedSets {
  readonly met: boolean;
  readonly targets: SliTarget[] | null;
}

/** Evaluates all criteria of all sets without a short cut, because each one is listed in the result. */
function evaluateSets(criteria: CompiledCriteria, measured: number, baseline: Baseline): EvaluatedSets {
  if (criteria.invalid !== undefined) return { met: false, targets: [] };
  let met = false;
  const targets: SliTarget[] = [];
  for (const set of criteria.sets) {
    let satisfied = true;
    for (const criterion of set) {
      const free = criterion.relative && baseline.absent;
      const target = free
        ? 0
        : criterion.relative
          ? relativeTarget(criterion, baseline.value)
          : criterion.value;
      const violated = !free && !satisfies(measured, criterion.operator, target);
      if (violated) satisfied = false;
      targets.push({ criteria: criterion.text, targetValue: target, violated });
    }
    if (satisfied) met = true;
  }
  return { met, targets: targets.length === 0 ? null : targets };
}

function withCompared(received: SliResult, comparedValue: number): SliResult & { comparedValue: number } {
  const { metric, value, success, message } = received;
  if (message === undefined || message === '') return { metric, value, success, comparedValue };
  return { metric, value, success, message, comparedValue };
}
