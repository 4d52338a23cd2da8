import type { CompletedTask, SequenceOutcome, TaskDefinition } from './types.ts';

/** An earlier run that is to be done again from the task at which it stopped. */
export interface EarlierRun {
  tasks: readonly TaskDefinition[];
  completed: readonly CompletedTask[];
  outcome: SequenceOutcome;
  /** Another sequence of the same stage came after it in its context: a rollback may have undone its deployment. */
  followed: boolean;
}

/** Where the new run begins and what it takes over, or why there is none. */
export type RerunPlan =
  | { kind: 'from'; task: string; completed: CompletedTask[] }
  | { kind: 'refused'; reason: string };

/**
 * Decides from which task an ended run is done again: the one that failed or was open, or an earlier one by name.
 * A deployment that was put back by an abort, a timeout or a rollback has to be done again as well.
 */
export function planRerun(run: EarlierRun, from?: string): RerunPlan {
  const stopped = stoppedAt(run);
  const last = run.tasks[stopped];
  if (last === undefined)
    return { kind: 'refused', reason: 'the run has passed: there is nothing to repeat' };
  const undone = undoneDeployment(run, stopped);
  if (from === undefined) return begin(run, undone ?? stopped);
  const index = run.tasks.findLastIndex(({ name }, place) => name === from && place <= stopped);
  if (index < 0) return { kind: 'refused', reason: unreachable(run.tasks, from, last.name) };
  if (undone !== undefined && index > undone) {
    const reason = `its deployment was put back since: begin with ${run.tasks[undone]?.name}, not with ${from}`;
    return { kind: 'refused', reason };
  }
  return begin(run, index);
}

function stoppedAt({ completed }: EarlierRun): number {
  const failed = completed.findIndex(({ result, status }) => result === 'fail' || status === 'errored');
  return failed < 0 ? completed.length : failed;
}

/** Index of the first deployment that is no longer in place; a finished release has made it final. */
function undoneDeployment({ tasks, completed, outcome, followed }: EarlierRun, stopped: number) {
  if (outcome === 'finished' && !followed) return undefined;
  if (!followed && completed.some(({ name, result }) => name === 'release' && result !== 'fail')) {
    return undefined;
  }
  const index = tasks.findIndex(({ name }) => name === 'deployment');
  return index < 0 || index > stopped ? undefined : index;
}

function begin({ tasks, completed }: EarlierRun, index: number): RerunPlan {
  return { kind: 'from', task: tasks[index]?.name ?? '', completed: completed.slice(0, index) };
}

function unreachable(tasks: readonly TaskDefinition[], from: string, stopped: string): string {
  const names = tasks.map(({ name }) => name);
  return names.includes(from)
    ? `task ${from} comes after ${stopped}, which did not pass`
    : `the sequence has no task ${from}: its tasks are ${names.join(', ')}`;
}
