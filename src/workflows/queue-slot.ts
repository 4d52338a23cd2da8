import { getExternalWorkflowHandle, isCancellation, log } from '@temporalio/workflow';
import type { RunScope } from '../contracts/activities.ts';
import { queueWorkflowId } from '../contracts/ids.ts';
import { type SlotMessage, slotSignal } from '../contracts/messages.ts';
import { plainMessage } from './failures.ts';

/** The place of a run at the head of its queue, as the run talks with the queue about it. */
export class QueueSlot {
  /** True when the queue has continued as new and no longer hears of the run's end by itself. */
  reportsEnd = false;
  readonly #run: RunScope;
  readonly #onGranted: () => void;

  constructor(run: RunScope, onGranted: () => void) {
    this.#run = run;
    this.#onGranted = onGranted;
  }

  /** A queue that is gone (terminated by an operator) must not hold the run up: it goes on without its place. */
  async tell(kind: SlotMessage['kind']): Promise<void> {
    try {
      const queue = getExternalWorkflowHandle(queueWorkflowId(this.#run));
      await queue.signal(slotSignal, { workflowId: this.#run.workflowId, kind });
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.warn('the queue of this run does not answer', { error: plainMessage(error) });
      if (kind === 'wantsSlot') this.#onGranted();
    }
  }
}
