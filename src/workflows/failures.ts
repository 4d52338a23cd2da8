import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { TaskFinished } from '../contracts/activities.ts';

/** The sentence of the error that began it all, without Temporal's wrappers around it. */
export function plainMessage(error: unknown): string {
  if (error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) {
    if (error.cause !== undefined) return plainMessage(error.cause);
  }
  if (error instanceof TimeoutFailure) return timeoutMessage(error);
  if (error instanceof ApplicationFailure || error instanceof Error) return error.message;
  return String(error);
}

function timeoutMessage(error: TimeoutFailure): string {
  if (error.cause !== undefined) return plainMessage(error.cause);
  return `no answer in time (${error.timeoutType}); is a worker running, and can it reach what the step needs?`;
}

/** A step that could not be carried out, as the services of Keptn 1.4.5 reported it: errored, fail and the reason. */
export function erroredTask(error: unknown): TaskFinished {
  return { status: 'errored', result: 'fail', message: plainMessage(error), data: {} };
}
