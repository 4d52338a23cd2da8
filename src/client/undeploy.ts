import { type Client, WorkflowIdConflictPolicy } from '@temporalio/client';
import { undeploymentWorkflowId } from '../contracts/ids.ts';
import { searchAttributes } from '../contracts/search-attributes.ts';
import { TASK_QUEUE } from '../contracts/task-queues.ts';
import type { UndeploymentInput } from '../contracts/undeployment.ts';
import { temporalAway } from './temporal-away.ts';

/** Starts to take away what runs of a deleted service, unless that goes on already. Throws UnreachableError. */
export async function startUndeployment(
  { temporalClient, taskQueue }: { temporalClient: Client; taskQueue?: string },
  input: UndeploymentInput,
): Promise<void> {
  try {
    await temporalClient.workflow.start('undeployment', {
      workflowId: undeploymentWorkflowId(input),
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      taskQueue: taskQueue ?? TASK_QUEUE,
      args: [input],
      typedSearchAttributes: [
        { key: searchAttributes.project, value: input.project },
        { key: searchAttributes.service, value: input.service },
      ],
      staticSummary: `take the deleted service ${input.service} away in ${input.stages.join(', ')}`,
    });
  } catch (error) {
    throw temporalAway(
      error,
      `what runs of ${input.service} was not taken away, because Temporal does not answer`,
      'delete the service again when it does',
    );
  }
}
