import Table from 'cli-table3';
import { formatGoFloat } from '../../gate/number-format.ts';
import type { IndicatorResult, SliTarget, Slo, Verdict } from '../../gate/types.ts';
import { paint, paintResult, singleLine } from '../output/print.ts';

/** Draws a verdict for the terminal: one row per objective, then the score and the sentence that decided. */
export function renderVerdict(verdict: Verdict, slo: Slo | null): string {
  const { evaluation } = verdict;
  const lines: string[] = [];
  if (evaluation.indicatorResults !== null) lines.push(objectiveTable(evaluation.indicatorResults, slo));
  const compared = evaluation.comparedEvents.length;
  lines.push(`score     ${formatGoFloat(evaluation.score)}`);
  lines.push(`result    ${colored(verdict.result)}${verdict.status === 'errored' ? ' (errored)' : ''}`);
  lines.push(
    `compared  ${compared === 0 ? 'with no earlier evaluation' : evaluation.comparedEvents.join(', ')}`,
  );
  if (verdict.message !== '') lines.push(singleLine(verdict.message));
  return lines.join('\n');
}

function objectiveTable(indicators: readonly IndicatorResult[], slo: Slo | null): string {
  const table = new Table({
    head: ['objective', 'value', 'baseline', 'pass', 'warning', 'points', 'status'],
    style: { head: [], border: [] },
  });
  for (const [index, indicator] of indicators.entries()) {
    const objective = slo?.objectives[index];
    const name = indicator.displayName || objective?.sli || (indicator.value?.metric ?? '');
    table.push([
      singleLine(objective?.keySli === true ? `${name} (key)` : name),
      singleLine(describeValue(indicator)),
      indicator.value === null ? '' : formatGoFloat(indicator.value.comparedValue),
      describeTargets(indicator.passTargets),
      describeTargets(indicator.warningTargets),
      points(indicator, objective?.weight ?? 0),
      colored(indicator.status),
    ]);
  }
  return table.toString();
}

function describeValue({ value }: IndicatorResult): string {
  if (value === null) return 'none';
  return value.success
    ? formatGoFloat(value.value)
    : `none: ${value.message ?? 'the provider gave no reason'}`;
}

function describeTargets(targets: readonly SliTarget[] | null): string {
  return (targets ?? [])
    .map(({ criteria, targetValue, violated }) => {
      const target = singleLine(`${criteria} [${formatGoFloat(targetValue)}]`);
      return violated ? paint('red', `✗ ${target}`) : paint('green', `✓ ${target}`);
    })
    .join('\n');
}

function points(indicator: IndicatorResult, weight: number): string {
  return indicator.status === 'info' ? '-' : `${formatGoFloat(indicator.score)} of ${formatGoFloat(weight)}`;
}

function colored(status: IndicatorResult['status']): string {
  return status === 'info' ? status : paintResult(status);
}
