import type { Client } from '@temporalio/client';
import { openGroup } from '../../src/client/together.ts';
import { queueWorkflowId } from '../../src/contracts/ids.ts';
import { enqueueSignal } from '../../src/contracts/messages.ts';
import type { SequenceRequest } from '../../src/contracts/workflows.ts';

/** Puts a run into its queue, as every trigger does. */
export async function enqueue(client: Client, taskQueue: string, request: SequenceRequest): Promise<void> {
  await openGroup(client, taskQueue, request);
  const { project, stage, service } = request.input;
  await client.workflow.signalWithStart('serviceQueue', {
    workflowId: queueWorkflowId(request.input),
    taskQueue,
    workflowTaskTimeout: '1s',
    args: [{ project, stage, service }],
    signal: enqueueSignal,
    signalArgs: [request],
  });
}
