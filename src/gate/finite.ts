import { formatGoFloat } from './number-format.ts';
import type { Evaluation, IndicatorResult, SliTarget } from './types.ts';

/**
 * Sentence about the first number of an evaluation that JSON cannot carry (NaN or infinite), or undefined.
 * Keptn sends evaluation.finished without data in this case.
 */
export function findNonFinite({ score, indicatorResults }: Evaluation): string | undefined {
  if (!Number.isFinite(score)) return describe('the score', score);
  for (const indicator of indicatorResults ?? []) {
    const { value } = indicator;
    const name = `objective "${indicator.displayName || (value?.metric ?? '')}"`;
    if (value !== null && !Number.isFinite(value.value)) return describe(`the value of ${name}`, value.value);
    if (value !== null && !Number.isFinite(value.comparedValue)) {
      return describe(`the baseline of ${name}`, value.comparedValue);
    }
    const target = nonFiniteTarget(indicator);
    if (target !== undefined)
      return describe(`the target of "${target.criteria}" of ${name}`, target.targetValue);
  }
  return undefined;
}

function nonFiniteTarget({ passTargets, warningTargets }: IndicatorResult): SliTarget | undefined {
  for (const target of passTargets ?? []) if (!Number.isFinite(target.targetValue)) return target;
  for (const target of warningTargets ?? []) if (!Number.isFinite(target.targetValue)) return target;
  return undefined;
}

function describe(what: string, value: number): string {
  return `${what} is ${formatGoFloat(value)}, which an evaluation cannot carry: correct the criterion or the SLI query`;
}
