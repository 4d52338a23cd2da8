import { parseEventType } from '../../contracts/events.ts';
import { formatDuration } from '../../sequence/duration.ts';
import { isJsonObject } from '../../sequence/json.ts';
import type { SimulatedEvent, SimulationResult } from '../../sequence/simulate.ts';
import type { Result } from '../../sequence/types.ts';
import { paint, paintResult, renderTable } from '../output/print.ts';

const WIDTH_OF_DATA = 60;

/** Draws a dry run: one row for each event in the order in which it is sent, then what is left open. */
export function renderSimulation(result: SimulationResult): string {
  const taskCount = new Map<number, number>();
  const rows = result.events.map((event, index) => [
    index + 1,
    event.at === 0 ? '' : `+${formatDuration(event.at)}`,
    event.stage,
    ...cellsOf(event, result, taskCount),
  ]);
  const table = renderTable({
    head: ['#', 'at', 'stage', 'what happens', 'result', 'its own data'],
    rows,
    empty: 'nothing happens',
  });
  return [table, '', ...footer(result)].join('\n');
}

function cellsOf(
  event: SimulatedEvent,
  { runs }: SimulationResult,
  taskCount: Map<number, number>,
): string[] {
  const type = parseEventType(event.type);
  if (type === undefined) return [event.type, '', ''];
  if (type.of === 'sequence') {
    if (type.kind === 'triggered') return [paint('bold', `→ ${type.stage}.${type.sequence}`), '', ''];
    const { result, message } = event.data;
    const text = typeof message === 'string' ? message : '';
    return [paint('bold', `${type.sequence} finished`), paintResult(result as Result), text];
  }
  const run = event.run ?? -1;
  const place = taskCount.get(run) ?? 0;
  taskCount.set(run, place + 1);
  const task = runs[run]?.tasks[place];
  const assumed = task?.assumed === true ? paint('dim', ' (assumed)') : '';
  const result = task?.result === undefined ? 'open' : `${paintResult(task.result as Result)}${assumed}`;
  return [
    `  ${type.task}${event.delay === undefined ? '' : ` (after ${event.delay})`}`,
    result,
    ownData(event, type.task),
  ];
}

function ownData({ data }: SimulatedEvent, task: string): string {
  const own = data[task];
  if (!isJsonObject(own) || Object.keys(own).length === 0) return '';
  const text = JSON.stringify(own);
  return text.length > WIDTH_OF_DATA ? `${text.slice(0, WIDTH_OF_DATA - 1)}…` : text;
}

function footer({ runs, open, unused, stopped }: SimulationResult): string[] {
  const finished = runs.filter(({ result }) => result !== undefined).length;
  return [
    `${runs.length} sequence${runs.length === 1 ? '' : 's'}, ${finished} finished`,
    ...open.map(({ stage, sequence, task }) => `open: ${stage}.${sequence} waits for ${task}`),
    ...unused.map((text) => `note: ${text}`),
    ...stopped.map((text) => `${paint('red', 'stopped')}: ${text}`),
  ];
}
