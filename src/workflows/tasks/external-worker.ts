import { ActivityFailure, proxyActivities, TimeoutFailure } from '@temporalio/workflow';
import type { TaskFinished } from '../../contracts/activities.ts';
import type { KeptnEvent } from '../../contracts/events.ts';
import { isJsonObject, type JsonObject } from '../../contracts/json.ts';
import type { DefaultTimeouts } from '../../contracts/workflows.ts';
import { formatDuration } from '../../sequence/duration.ts';

/** A task that a Temporal worker of somebody else carries out. */
export interface ExternalTask {
  taskQueue: string;
  taskName: string;
  triggered: KeptnEvent;
  timeouts: DefaultTimeouts;
}

/**
 * The activity type is the task's name, its argument the event; it answers the data of `.finished`, or nothing.
 * Throws when no worker takes the task within `startedMs`.
 */
export async function externalWorker(task: ExternalTask): Promise<TaskFinished> {
  const { taskQueue, taskName, triggered } = task;
  const { startedMs, finishedMs } = task.timeouts;
  const activities = proxyActivities<{ [task: string]: (event: KeptnEvent) => Promise<unknown> }>({
    taskQueue,
    startToCloseTimeout: finishedMs > 0 ? finishedMs : '365d',
    ...(startedMs > 0 ? { scheduleToStartTimeout: startedMs } : {}),
    retry: { maximumAttempts: 3 },
    summary: `task ${taskName} by a worker on ${taskQueue}`,
  });
  try {
    const answer = await activities[taskName]?.(triggered);
    return workerAnswer(answer);
  } catch (error) {
    if (!isNeverTaken(error)) throw error;
    throw new Error(
      `no worker on the task queue ${taskQueue} took the task within ${formatDuration(startedMs)}: ` +
        `start one that offers the activity ${taskName}`,
    );
  }
}

/** What a worker answered; without a word about them, result is pass and status succeeded. Anything unknown is a fail (Keptn 1.4.5). */
function workerAnswer(answer: unknown): TaskFinished {
  const data = isJsonObject(answer as JsonObject) ? (answer as JsonObject) : {};
  const { result = 'pass', status = 'succeeded', message } = data;
  return {
    result: result === 'pass' || result === 'warning' ? result : 'fail',
    status: status === 'succeeded' || status === 'errored' || status === 'aborted' ? status : 'unknown',
    message: typeof message === 'string' ? message : '',
    data,
  };
}

/** True when no worker has taken an activity in time, in contrast to one that did not end it in time. */
function isNeverTaken(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START';
}
