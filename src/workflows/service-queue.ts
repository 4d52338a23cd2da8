import { setHandler } from '@temporalio/workflow';
import type { QueueScope } from '../contracts/ids.ts';
import {
  enqueueSignal,
  pauseContextSignal,
  queueStatusQuery,
  removeSignal,
  slotSignal,
} from '../contracts/messages.ts';
import type { SequenceRequest } from '../contracts/workflows.ts';
import type { QueueState } from '../sequence/queue.ts';
import { ifReadable, isContextPause, isRemoval, isRequest, isSlotMessage } from './readable.ts';
import { ServiceQueueRun } from './service-queue-run.ts';

/** What a queue hands to its next run when its history grows long. */
export interface QueueInput extends QueueScope {
  carried?: {
    queue: QueueState;
    /** Requests of runs that have not started. */
    waiting: { [workflowId: string]: SequenceRequest };
    /** Ids of runs that were started and have not reported their end. */
    started: string[];
  };
  /** History length at which the queue continues as new; default: when the server suggests it. */
  maxHistoryLength?: number;
}

/** Starts the sequences of one service in one stage one after the other, in the order in which they came. */
export async function serviceQueue(input: QueueInput): Promise<void> {
  const queue = new ServiceQueueRun(input);
  const enqueue = ifReadable('enqueue', isRequest, (request) => queue.enqueue(request));
  setHandler(enqueueSignal, enqueue, { description: 'put a run at the end' });
  const slot = ifReadable('slot', isSlotMessage, ({ workflowId, kind }) => queue.slot(workflowId, kind));
  setHandler(slotSignal, slot, {
    description: 'a run waits for a person, wants to go on, or has ended',
  });
  const pauseContext = ifReadable('pauseContext', isContextPause, ({ keptnContext, paused }) =>
    queue.pauseContext(keptnContext, paused),
  );
  setHandler(pauseContextSignal, pauseContext, {
    description: 'start no runs of a context until it is resumed',
  });
  const remove = ifReadable('remove', isRemoval, (out) => queue.remove(out.workflowId, out.reason?.reason));
  setHandler(removeSignal, remove, {
    description: 'take a run out that has not started',
  });
  setHandler(queueStatusQuery, () => queue.status(), { description: 'who runs, who waits, in which order' });
  await queue.serve();
}
