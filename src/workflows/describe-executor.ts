import type { Executor } from '../contracts/activities.ts';
import { taskEventType } from '../contracts/events.ts';
import type { TriggerTask } from '../sequence/types.ts';
import { builtinSource } from './tasks/index.ts';

/** Who carries a task out, in words for the run's status. */
export interface DescribedExecutor {
  executor: string;
  /** Who is missing, when nobody carries it out. */
  missing?: string;
}

/** Says who carries the task out, and who is missing when nobody does. */
export function describeExecutor(
  executor: Executor,
  { taskName, waitsForApproval }: Pick<TriggerTask, 'taskName' | 'waitsForApproval'>,
): DescribedExecutor {
  if (waitsForApproval) return { executor: 'a person: approve or decline' };
  switch (executor.kind) {
    case 'builtin':
      return { executor: builtinSource(taskName) };
    case 'job':
      return { executor: 'job/config.yaml' };
    case 'webhook':
      return { executor: 'webhook/webhook.yaml' };
    case 'worker':
      return executor.absent === true
        ? nobody(`no Temporal worker polls the task queue ${executor.taskQueue}`)
        : { executor: `worker on ${executor.taskQueue}` };
    case 'responders':
      return executor.names.length > 0
        ? { executor: executor.names.join(', ') }
        : nobody(`no integration, job, webhook or worker answers ${taskEventType(taskName, 'triggered')}`);
  }
}

function nobody(missing: string): DescribedExecutor {
  return { executor: `nobody: ${missing}`, missing };
}
