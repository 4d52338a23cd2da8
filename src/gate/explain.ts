import { formatGoFloat } from './number-format.ts';
import type { IndicatorResult, Objective, SliTarget, Slo, Verdict } from './types.ts';

/** Explains one objective of a verdict in sentences: what was measured, compared with what, and why it counts. */
export function explainObjective(verdict: Verdict, slo: Slo, index: number): string[] {
  const objective = slo.objectives[index];
  const indicator = verdict.evaluation.indicatorResults?.[index];
  if (objective === undefined) return [`There is no objective number ${index + 1}.`];
  if (indicator === undefined)
    return [`The gate did not come to judge "${nameOf(objective)}": ${verdict.message}.`];
  return [
    measured(objective, indicator),
    ...compared(verdict, objective, indicator),
    ...targets('pass', indicator.passTargets, indicator),
    ...targets('warning', indicator.warningTargets, indicator),
    conclusion(objective, indicator),
  ];
}

/** Explains the whole verdict: the score and the sentence that decided. */
export function explainVerdict(verdict: Verdict, slo: Slo | null): string[] {
  const { evaluation } = verdict;
  const lines = [`The evaluation ${verdict.status}; its result is ${verdict.result}.`];
  if (evaluation.indicatorResults !== null && slo !== null) {
    const { indicatorResults } = evaluation;
    const maximum = slo.objectives.reduce(
      (sum, { weight }, index) => sum + (counts(indicatorResults[index]) ? weight : 0),
      0,
    );
    const points = indicatorResults.reduce((sum, { score }) => sum + score, 0);
    const thresholds = `pass ${slo.totalScore.pass || 'none'}, warning ${slo.totalScore.warning || 'none'}`;
    lines.push(
      `${number(points)} of ${number(maximum)} points are a score of ${number(evaluation.score)} (${thresholds}).`,
    );
  }
  if (verdict.message !== '') lines.push(`Deciding: ${verdict.message}`);
  return lines;
}

function counts(indicator: IndicatorResult | undefined): boolean {
  return indicator !== undefined && indicator.status !== 'info';
}

function nameOf(objective: Objective): string {
  return objective.displayName || objective.sli;
}

function measured(objective: Objective, { value }: IndicatorResult): string {
  const name = objective.displayName === '' ? objective.sli : `${objective.displayName} (${objective.sli})`;
  if (value === null) return `${name}: the provider gave no value.`;
  if (!value.success) return `${name}: no value: ${value.message || 'the provider gave no reason'}.`;
  const said = value.message === undefined || value.message === '' ? '' : ` (${value.message})`;
  return `${name}: measured ${number(value.value)}${said}.`;
}

function compared(
  { evaluation }: Verdict,
  { pass, warning }: Objective,
  { value }: IndicatorResult,
): string[] {
  const relative = [...pass, ...warning].some(({ criteria }) =>
    criteria.some((text) => /[%+]|[<>=] *-/.test(text)),
  );
  if (!relative) return [];
  if (evaluation.comparedEvents.length === 0)
    return ['There is no earlier evaluation to compare with, so relative criteria are met.'];
  const runs = evaluation.comparedEvents.join(', ');
  return [`Compared with ${runs}: the baseline is ${number(value?.comparedValue ?? 0)}.`];
}

function targets(band: string, list: readonly SliTarget[] | null, indicator: IndicatorResult): string[] {
  const evaluated = indicator.status !== 'info' && indicator.value?.success === true;
  return (list ?? []).map(({ criteria, targetValue, violated }) => {
    const asks = `${band} asks for ${criteria}`;
    const means = criteria.replaceAll(' ', '').endsWith(formatGoFloat(targetValue))
      ? ''
      : `, that is ${number(targetValue)}`;
    if (!evaluated) return `  ${asks}${means}: not evaluated.`;
    return `  ${asks}${means}: ${violated ? 'not met' : 'met'}.`;
  });
}

function conclusion(objective: Objective, indicator: IndicatorResult): string {
  const key =
    objective.keySli && indicator.status === 'fail'
      ? ' It is a key objective, so the whole evaluation fails.'
      : '';
  if (indicator.status === 'info') return 'It is informational and does not count.';
  const sets =
    indicator.status === 'warning'
      ? 'the pass criteria are not met, the warning criteria are'
      : REASONS[indicator.status];
  return `So it is ${indicator.status} (${sets}): ${number(indicator.score)} of ${number(objective.weight)} points.${key}`;
}

const REASONS = {
  pass: 'one set of pass criteria is met in full',
  fail: 'no set of criteria is met in full',
} as const;

function number(value: number): string {
  return formatGoFloat(value);
}
