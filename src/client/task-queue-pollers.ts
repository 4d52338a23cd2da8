import type { Connection } from '@temporalio/client';

/** A worker asks for work at least once a minute; one that was silent for longer has gone. */
const SILENT_MS = 75_000;
/** `TASK_QUEUE_TYPE_ACTIVITY` of Temporal's API. */
const ACTIVITY_QUEUE = 2;

/** Tells whether a worker polls a task queue for activities now: what `hasPollers` of the activities takes. */
export function taskQueuePollers(
  connection: Pick<Connection, 'workflowService'>,
  namespace: string,
): (taskQueue: string) => Promise<boolean> {
  return async (taskQueue) => {
    const { pollers } = await connection.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: ACTIVITY_QUEUE,
    });
    const oldest = Date.now() - SILENT_MS;
    return (pollers ?? []).some(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 > oldest);
  };
}
