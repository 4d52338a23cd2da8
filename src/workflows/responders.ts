import { condition, sleep } from '@temporalio/workflow';
import type { DefaultTimeouts } from '../contracts/workflows.ts';
import type { SequenceMessage } from '../sequence/types.ts';

/** A task that was offered to whoever answers its event. */
export interface OfferedTask {
  taskName: string;
  triggeredId: string;
  /** 0 ms is no limit. */
  timeouts: DefaultTimeouts;
  /** True once a responder has sent its first event. */
  isAnswered: () => boolean;
  /** Takes the timeout, should it come to that. */
  push: (message: SequenceMessage) => void;
}

/** Waits until somebody starts the task and then as long as it may take; tells the run which of the two limits is over. */
export async function waitForResponders(task: OfferedTask): Promise<void> {
  const { taskName, triggeredId, isAnswered, push } = task;
  const { startedMs, finishedMs } = task.timeouts;
  const summary = `wait for somebody to start task ${taskName}`;
  if (startedMs <= 0) await condition(isAnswered);
  else if (!(await condition(isAnswered, startedMs, { summary }))) {
    push({ kind: 'timeout', waitingFor: 'started', triggeredId });
    return;
  }
  if (finishedMs <= 0) return;
  await sleep(finishedMs, { summary: `wait for task ${taskName} to be finished` });
  push({ kind: 'timeout', waitingFor: 'finished', triggeredId });
}
