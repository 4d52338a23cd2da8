import { randomUUID } from 'node:crypto';
import { ApplicationFailure, type Client, TimeoutFailure, WorkflowFailedError } from '@temporalio/client';
import { previewWorkflowId } from '../contracts/ids.ts';
import type { DeploymentPreview, PreviewRequest } from '../contracts/preview.ts';
import { TASK_QUEUE } from '../contracts/task-queues.ts';
import { UnreachableError } from './errors.ts';
import { temporalAway } from './temporal-away.ts';

/** Longest wait for a worker's answer, in milliseconds: less than callers over HTTP wait for theirs. */
const ANSWER_MS = 25_000;

/** Asks a worker what deployments would change. Throws UnreachableError when no worker or no Temporal answers in time. */
export async function previewDeployments(
  { temporalClient, taskQueue }: { temporalClient: Client; taskQueue?: string },
  requests: readonly PreviewRequest[],
  answerMs = ANSWER_MS,
): Promise<DeploymentPreview[]> {
  const [first] = requests;
  if (first === undefined) return [];
  const { project, service } = first.triggered.data;
  try {
    return (await temporalClient.workflow.execute('preview', {
      workflowId: previewWorkflowId({ project, service, key: randomUUID() }),
      taskQueue: taskQueue ?? TASK_QUEUE,
      args: [requests],
      workflowExecutionTimeout: answerMs,
      staticSummary: `what a deployment of ${service} would change`,
    })) as DeploymentPreview[];
  } catch (error) {
    throw refusal(error, answerMs);
  }
}

function refusal(error: unknown, answerMs: number): unknown {
  if (!(error instanceof WorkflowFailedError))
    return temporalAway(error, 'Temporal does not answer', 'start Temporal or correct its address');
  if (error.cause instanceof TimeoutFailure) {
    const message = `no worker has answered within ${answerMs / 1000} seconds`;
    return new UnreachableError(message, 'start a worker (`slipway worker`), or look into its log', {
      cause: error,
    });
  }
  const reason = deepest(error);
  return new UnreachableError(`the preview failed: ${reason}`, 'see its run in the Temporal web UI', {
    cause: error,
  });
}

/** Temporal wraps the activity's own words in words about the activity. */
function deepest(error: Error): string {
  let current: Error = error;
  while (current.cause instanceof Error && !(current instanceof ApplicationFailure)) current = current.cause;
  return current.message;
}
