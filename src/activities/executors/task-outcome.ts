import { ApplicationFailure } from '@temporalio/common';
import type { TaskFinished } from '../../contracts/activities.ts';
import { isTerminal } from './effect-context.ts';

/** A task that could not be carried out: status errored, result fail, as Keptn's integrations answered it. */
export function erroredTask(message: string): TaskFinished {
  return { status: 'errored', result: 'fail', message, data: {} };
}

/**
 * Runs a task and turns an error that no retry can heal into the task's own outcome (errored, fail, with the
 * error's words), so that the sequence goes on with it; other errors are thrown and retried by Temporal.
 */
export async function taskOutcome(run: () => Promise<TaskFinished>): Promise<TaskFinished> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Error && isTerminal(error)) return erroredTask(error.message);
    if (error instanceof ApplicationFailure && error.nonRetryable === true) return erroredTask(error.message);
    throw error;
  }
}
