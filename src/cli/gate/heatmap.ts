import { paint, singleLine } from '../output/print.ts';
import { type EvaluationRun, metricsOf } from './runs.ts';

/**
 * Draws evaluations for the terminal: one row per SLI, one column per run, oldest on the left, as many as the
 * width holds. Every mark has its own sign, so the picture works without colours.
 */
export function renderHeatmap(runs: readonly EvaluationRun[], width = 80): string {
  if (runs.length === 0) return 'There is no evaluation.';
  const metrics = metricsOf(runs);
  const names = metrics.map(({ name }) => singleLine(name));
  const margin = Math.min(Math.max(...names.map((name) => name.length), 'result'.length), 32);
  const shown = runs.slice(-Math.max(1, Math.floor((width - margin - 1) / COLUMN)));
  const row = (name: string, cells: readonly string[]): string =>
    `${name.slice(0, margin).padEnd(margin)} ${cells.join('')}`;
  const lines = [
    row(
      'score',
      shown.map(({ score }) => String(Math.round(score)).padStart(COLUMN)),
    ),
    row(
      'result',
      shown.map(({ result }) => mark(result)),
    ),
    ...metrics.map(({ metric }, index) =>
      row(
        names[index] ?? metric,
        shown.map(({ indicators }) =>
          mark(indicators.find((indicator) => indicator.metric === metric)?.status),
        ),
      ),
    ),
  ];
  const first = shown[0]?.time ?? '';
  const last = shown.at(-1)?.time ?? '';
  return `${lines.join('\n')}\n\n${shown.length} runs, ${first} to ${last}   ${LEGEND}`;
}

const COLUMN = 4;

const LEGEND = '✓ pass  ! warning  ✗ fail  · info';

function mark(status: string | undefined): string {
  const cell = (sign: string): string => sign.padStart(COLUMN);
  switch (status) {
    case 'pass':
      return paint('green', cell('✓'));
    case 'warning':
      return paint('yellow', cell('!'));
    case 'fail':
      return paint('red', cell('✗'));
    case 'info':
      return paint('dim', cell('·'));
    default:
      return cell(' ');
  }
}
