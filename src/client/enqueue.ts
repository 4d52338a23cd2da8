import type { Client } from '@temporalio/client';
import { queueWorkflowId } from '../contracts/ids.ts';
import { enqueueSignal } from '../contracts/messages.ts';
import { searchAttributes } from '../contracts/search-attributes.ts';
import type { SequenceRequest } from '../contracts/workflows.ts';
import { temporalAway } from './temporal-away.ts';
import { openGroup } from './together.ts';

/** Puts a run into the queue of its service and stage; the same run twice is queued once. Throws UnreachableError. */
export async function enqueue(client: Client, taskQueue: string, request: SequenceRequest): Promise<void> {
  const { project, stage, service } = request.input;
  const scope = { project, stage, service };
  try {
    await openGroup(client, taskQueue, request);
    await client.workflow.signalWithStart('serviceQueue', {
      workflowId: queueWorkflowId(scope),
      taskQueue,
      args: [scope],
      signal: enqueueSignal,
      signalArgs: [request],
      staticSummary: `queue of ${service} in ${stage}`,
      typedSearchAttributes: [
        { key: searchAttributes.project, value: project },
        { key: searchAttributes.stage, value: stage },
        { key: searchAttributes.service, value: service },
      ],
    });
  } catch (error) {
    throw temporalAway(
      error,
      `Temporal did not take sequence ${request.input.sequence} of ${service} in ${stage}`,
      'start Temporal or correct its address, then send the event again',
    );
  }
}
