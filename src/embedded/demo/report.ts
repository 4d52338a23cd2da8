import { paint, paintResult, renderTable } from '../../cli/output/print.ts';
import type { KeptnEvent, Result } from '../../contracts/events.ts';
import { isJsonObject, type Json } from '../../contracts/json.ts';
import { STAGES } from './acts.ts';
import type { ActOutcome } from './play.ts';

/** An act for people: its tasks, what each SLI measured against its criteria, and who serves now. */
export function reportAct(outcome: ActOutcome): string {
  const { act, differences } = outcome;
  const verdict =
    differences.length === 0
      ? paint('green', `✔ act ${act.number} went as told`)
      : paint('red', `✘ act ${act.number}: ${differences.join('; ')}`);
  return [tasksTable(outcome), slisTable(outcome.evaluation), verdict, ''].join('\n\n');
}

function tasksTable({ run, serving }: ActOutcome): string {
  const rows = run.sequences.flatMap((sequence) =>
    sequence.tasks.map((task) => [
      sequence.stage,
      sequence.sequence,
      task.task,
      paintResult(task.result),
      task.score === undefined ? undefined : rounded(task.score),
    ]),
  );
  const versions = STAGES.map((stage) => `${stage}: ${paint('bold', serving[stage])}`).join('   ');
  const head = ['stage', 'sequence', 'task', 'result', 'score'];
  return `${renderTable({ head, rows, empty: 'no task ran' })}\n\nserving now   ${versions}`;
}

function slisTable(evaluation: KeptnEvent | undefined): string {
  const content = evaluation?.data.evaluation;
  const indicators = isJsonObject(content) ? content.indicatorResults : undefined;
  const rows = (Array.isArray(indicators) ? indicators : []).map(sliRow);
  const head = ['sli', 'measured', 'compared with', 'pass when', 'result', 'points'];
  const message = evaluation?.data.message ?? '';
  const table = renderTable({ head, rows, empty: 'the gate judged no SLI' });
  return message === '' ? table : `${table}\n\n${message}`;
}

function sliRow(indicator: Json): (string | number | undefined)[] {
  if (!isJsonObject(indicator)) return [];
  const value = isJsonObject(indicator.value) ? indicator.value : {};
  const targets = Array.isArray(indicator.passTargets) ? indicator.passTargets : [];
  const criteria = targets.map((target) => (isJsonObject(target) ? String(target.criteria) : ''));
  return [
    text(indicator.displayName) || text(value.metric),
    rounded(value.value),
    Number(value.comparedValue) === 0 ? undefined : rounded(value.comparedValue),
    criteria.join(' and '),
    paintResult(text(indicator.status) as Result),
    rounded(indicator.score),
  ];
}

function rounded(value: Json | undefined): string | undefined {
  return typeof value === 'number' ? String(Math.round(value * 100) / 100) : undefined;
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
