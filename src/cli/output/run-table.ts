import type { Run, SequenceRun, TaskRun } from '../../client/index.ts';
import { paintResult, type Rows, shortMessage } from './print.ts';

/** The table of a run: one row for each task, and one for each sequence that ran none. */
export function runRows(run: Run): Rows {
  return {
    head: ['stage', 'sequence', 'task', 'result', 'score', 'message'],
    rows: run.sequences.flatMap((sequence) =>
      sequence.tasks.length === 0
        ? [sequenceRow(sequence)]
        : sequence.tasks.map((task) => taskRow(sequence, task)),
    ),
    empty: `${run.project}/${run.service}: nothing has run yet (${run.state})`,
  };
}

/** The last line below the table: `delivery of p/s: finished, pass`. */
export function runSummary(run: Run): string {
  const verdict = run.result === undefined ? run.state : `${run.state}, ${paintResult(run.result)}`;
  return `${run.name} of ${run.project}/${run.service}: ${verdict}`;
}

function taskRow(sequence: SequenceRun, task: TaskRun): (string | undefined)[] {
  const result = task.state === 'finished' ? paintResult(task.result) : task.state;
  return [sequence.stage, sequence.sequence, task.task, result, scoreText(task.score), messageOf(task)];
}

function sequenceRow(sequence: SequenceRun): (string | undefined)[] {
  const result = sequence.state === 'finished' ? paintResult(sequence.result) : sequence.state;
  return [sequence.stage, sequence.sequence, undefined, result, undefined, messageOf(sequence)];
}

function messageOf({ message }: { message?: string }): string | undefined {
  return message === undefined ? undefined : shortMessage(message);
}

/** A score with at most two digits behind the point. */
export function scoreText(score: number | undefined): string | undefined {
  return score === undefined ? undefined : String(Math.round(score * 100) / 100);
}
