/** Task queue of Slipway's own workflows and activities. */
export const TASK_QUEUE = 'slipway';

/** Task queue on which a Temporal worker in any language offers to carry out a task: `slipway-task-<task>`. */
export function externalTaskQueue(task: string): string {
  return `slipway-task-${task}`;
}
