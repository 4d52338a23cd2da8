import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { leftSignal } from '../contracts/messages.ts';
import type { SequenceRequest } from '../contracts/workflows.ts';

/** Starts the workflow that decides for a group of services, unless one of the others has started it. */
export async function openGroup(
  client: Client,
  taskQueue: string,
  { together, input }: SequenceRequest,
): Promise<void> {
  if (together === undefined) return;
  const { workflowId, services } = together;
  await unlessThere(() =>
    client.workflow.start('together', {
      workflowId,
      taskQueue,
      args: [{ services }],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: `${services.join(', ')} together in ${input.stage}`,
    }),
  );
}

/** Tells a group that one of its services does not start at all. */
export async function leaveGroup(
  client: Client,
  taskQueue: string,
  { request, message }: { request: SequenceRequest; message: string },
): Promise<void> {
  const { together, input } = request;
  if (together === undefined) return;
  const { workflowId, services } = together;
  await unlessThere(() =>
    client.workflow.signalWithStart('together', {
      workflowId,
      taskQueue,
      args: [{ services }],
      signal: leftSignal,
      signalArgs: [{ service: input.service, message }],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    }),
  );
}

async function unlessThere(start: () => Promise<unknown>): Promise<void> {
  try {
    await start();
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
