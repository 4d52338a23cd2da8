import type { SequenceStatus, TaskStatus } from '../contracts/workflows.ts';

const MARKS: { [state in TaskStatus['state']]: string } = {
  waiting: '…',
  running: '▶',
  waitingForApproval: '✋',
  finished: '✔',
  timedOut: '⏱',
  aborted: '■',
};

/** The run as a markdown table, shown by the Temporal UI as its current details. */
export function statusTable(status: SequenceStatus): string {
  const rows = status.tasks.map(
    (task) =>
      `| ${mark(task)} ${cell(task.task)} | ${task.state} | ${task.result ?? ''} | ${score(task)} | ${cell(task.executor)} | ${cell(task.message ?? '')} |`,
  );
  const { outcome } = status;
  const missing = status.tasks.flatMap((task) =>
    task.state === 'running' && task.missing !== undefined
      ? ['', `**Task ${task.task} waits for somebody to carry it out**: ${task.missing}.`]
      : [],
  );
  return [
    `**${status.sequence}** of **${status.service}** in stage **${status.stage}** (project ${status.project}): ${status.state}`,
    '',
    '| task | state | result | score | carried out by | message |',
    '|---|---|---|---|---|---|',
    ...rows,
    ...missing,
    ...(outcome === undefined
      ? []
      : ['', `Ended: ${outcome.result}, ${outcome.status}. ${cell(outcome.message)}`]),
  ].join('\n');
}

function mark(task: TaskStatus): string {
  return task.state === 'finished' && task.result === 'fail' ? '✘' : MARKS[task.state];
}

function score(task: TaskStatus): string {
  return task.score === undefined ? '' : String(Math.round(task.score * 100) / 100);
}

/** Keeps a message from breaking the table; the whole text stands in the event. */
function cell(text: string): string {
  const line = text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}
