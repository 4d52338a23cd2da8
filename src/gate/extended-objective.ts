import type { CompiledObjective } from './compile.ts';
import type { InvalidCriterion } from './criterion.ts';
import type { ErrorBudgetRule, NoDataRule, ObjectiveExtensions } from './extensions.ts';
import type { Baseline } from './history.ts';
import { formatGoFloat } from './number-format.ts';
import { evaluateObjective, type ObjectiveOutcome } from './objective.ts';
import { type CanaryRule, type CanarySamples, judgeCanary } from './statistics/canary.ts';
import type { IndicatorResult, SliResult, SliTarget } from './types.ts';

/** What an objective with extensions is judged by. */
export interface ObjectiveEvidence {
  readonly received: SliResult | undefined;
  readonly baseline: Baseline;
  /** Samples of canary and primary, for `x-compare`. */
  readonly samples: CanarySamples | undefined;
}

/**
 * Judges an objective that has `x-` keys: its criteria as in Keptn, then the error budget, the canary
 * comparison and, when there is no value, the no-data policy. Every part must pass.
 */
export function evaluateExtended(
  compiled: CompiledObjective,
  extensions: ObjectiveExtensions,
  evidence: ObjectiveEvidence,
): ObjectiveOutcome | InvalidCriterion {
  const received = measuredValue(compiled, extensions, evidence);
  if (received?.success !== true && judgesValue(compiled, extensions)) {
    return withoutValue(compiled, extensions.noData, { ...evidence, received });
  }
  const outcome = evaluateObjective(compiled, received, evidence.baseline);
  if ('error' in outcome) return outcome;
  const parts: Part[] = [];
  if (extensions.errorBudget !== undefined && received !== undefined) {
    parts.push(judgeErrorBudget(received.value, extensions.errorBudget));
  }
  if (extensions.compare !== undefined) parts.push(judgeComparison(evidence.samples, extensions.compare));
  return parts.length === 0 ? outcome : combine(compiled, outcome.indicator, parts);
}

/** A canary objective without criteria needs no value of its own: the canary's median stands for it. */
function measuredValue(
  { objective }: CompiledObjective,
  { compare }: ObjectiveExtensions,
  { received, samples }: ObjectiveEvidence,
): SliResult | undefined {
  if (received !== undefined || compare === undefined || objective.pass.length > 0) return received;
  const { canary } = judgeCanary(samples, compare);
  return Number.isFinite(canary) ? { metric: objective.sli, value: canary, success: true } : undefined;
}

function judgesValue({ objective }: CompiledObjective, { errorBudget }: ObjectiveExtensions): boolean {
  return objective.pass.length > 0 || errorBudget !== undefined;
}

function withoutValue(
  compiled: CompiledObjective,
  rule: NoDataRule | undefined,
  { received, baseline }: ObjectiveEvidence,
): ObjectiveOutcome | InvalidCriterion {
  const { objective } = compiled;
  const outcome = evaluateObjective(compiled, received, baseline);
  if ('error' in outcome) return outcome;
  const message = received?.message || 'no value received from SLI provider';
  const value = outcome.indicator.value ?? {
    metric: objective.sli,
    value: 0,
    success: false,
    comparedValue: 0,
  };
  // An error budget without criteria has no target that would make the objective count.
  const passTargets = outcome.indicator.passTargets?.length ? outcome.indicator.passTargets : [NO_VALUE];
  const indicator: IndicatorResult = {
    ...outcome.indicator,
    value: { ...value, success: false, message },
    passTargets,
  };
  switch (rule?.policy) {
    case 'ignore':
      return { indicator: { ...indicator, status: 'info', score: 0 }, failure: undefined, counted: false };
    case 'warn':
      return {
        indicator: { ...indicator, status: 'warning', score: 0.5 * objective.weight },
        failure: undefined,
        counted: true,
      };
    default:
      return { indicator: { ...indicator, status: 'fail', score: 0 }, failure: message, counted: true };
  }
}

const NO_VALUE: SliTarget = { criteria: 'a value', targetValue: 0, violated: true };

/** One extension's say. */
interface Part {
  readonly status: 'pass' | 'warning' | 'fail';
  readonly passTarget: SliTarget;
  readonly warningTarget?: SliTarget;
  readonly message: string;
}

function judgeErrorBudget(measured: number, rule: ErrorBudgetRule): Part {
  const errors = rule.measures === 'errors' ? measured : 1 - measured;
  const burnRate = errors / (1 - rule.target);
  const within = (limit: number): SliTarget => ({
    criteria: `burn rate <= ${formatGoFloat(limit)}`,
    targetValue: limit,
    violated: !(burnRate <= limit),
  });
  const passTarget = within(rule.maxBurnRate);
  const warningTarget = rule.warningBurnRate === null ? undefined : within(rule.warningBurnRate);
  const warned = warningTarget !== undefined && !warningTarget.violated;
  return {
    status: passTarget.violated ? (warned ? 'warning' : 'fail') : 'pass',
    passTarget,
    ...(warningTarget === undefined ? {} : { warningTarget }),
    message: `the error budget of a ${formatGoFloat(100 * rule.target)} % target burns ${formatGoFloat(Number(burnRate.toPrecision(6)))} times as fast as it may`,
  };
}

function judgeComparison(samples: CanarySamples | undefined, rule: CanaryRule): Part {
  const { verdict, message, limit } = judgeCanary(samples, rule);
  const status = verdict === 'inconclusive' ? (rule.inconclusive === 'warn' ? 'warning' : 'fail') : verdict;
  const targetValue = Number.isFinite(limit) ? limit : 0;
  return {
    status,
    passTarget: { criteria: 'x-compare: canary', targetValue, violated: verdict !== 'pass' },
    message,
  };
}

/** The worst part decides; its sentence stands in the message of the value. */
function combine(
  { objective }: CompiledObjective,
  base: IndicatorResult,
  parts: readonly Part[],
): ObjectiveOutcome {
  const statuses = [base.status, ...parts.map((part) => part.status)];
  const status = statuses.includes('fail') ? 'fail' : statuses.includes('warning') ? 'warning' : 'pass';
  const score = status === 'pass' ? objective.weight : status === 'warning' ? 0.5 * objective.weight : 0;
  const message = [base.value?.message ?? '', ...parts.map((part) => part.message)]
    .filter((text) => text !== '')
    .join('; ');
  const value = base.value ?? { metric: objective.sli, value: 0, success: false, comparedValue: 0 };
  const warningTargets = parts.flatMap((part) => part.warningTarget ?? []);
  const indicator: IndicatorResult = {
    ...base,
    score,
    status,
    value: { ...value, message },
    keySli: objective.keySli,
    passTargets: [...(base.passTargets ?? []), ...parts.map((part) => part.passTarget)],
    warningTargets:
      warningTargets.length === 0 ? base.warningTargets : [...(base.warningTargets ?? []), ...warningTargets],
  };
  return { indicator, failure: status === 'fail' ? message : undefined, counted: true };
}
