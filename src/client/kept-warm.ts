import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { KeptWarm } from '../activities/executors/dependencies.ts';
import { PlatformTerminalError } from '../activities/platform/errors.ts';
import { keepWarmWorkflowId, type QueueScope } from '../contracts/ids.ts';
import { endWarmUpdate, warmStatusQuery } from '../contracts/messages.ts';
import type { WarmEnd, WarmStatus } from '../contracts/workflows.ts';

/** Ends what releases keep warm, by asking the workflows `keepWarm`. */
export function keptWarm(client: Client): KeptWarm {
  return {
    async end({ decision, key, ...scope }) {
      const handle = client.workflow.getHandle(keepWarmWorkflowId(scope));
      const updateId = `${decision}/${key}`;
      try {
        return endOf(await handle.executeUpdate(endWarmUpdate, { args: [{ decision }], updateId }));
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw refusal(scope, error);
        return earlierAnswer(() => handle.getUpdateHandle<WarmStatus>(updateId).result());
      }
    },
  };
}

/** It has ended: by this very question, when its answer was lost, or by somebody else's, or nothing was ever kept. */
async function earlierAnswer(answer: () => Promise<WarmStatus>): Promise<WarmEnd> {
  try {
    return endOf(await answer());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'nothing';
    throw error;
  }
}

function endOf({ state }: WarmStatus): WarmEnd {
  return state === 'warm' ? 'nothing' : state;
}

function refusal({ service, stage }: QueueScope, error: unknown): unknown {
  if (!(error instanceof WorkflowUpdateFailedError)) return error;
  const reason = error.cause instanceof Error ? error.cause.message : error.message;
  return new PlatformTerminalError(
    `the release of ${service} in stage ${stage} that keeps its old version warm could not be ended: ${reason}`,
    { cause: error },
  );
}

/** What is kept warm of a service; undefined when nothing is. */
export async function readWarm(client: Client, scope: QueueScope): Promise<WarmStatus | undefined> {
  const handle = client.workflow.getHandle(keepWarmWorkflowId(scope));
  try {
    const { status } = await handle.describe();
    return status.name === 'RUNNING' ? await handle.query(warmStatusQuery) : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
