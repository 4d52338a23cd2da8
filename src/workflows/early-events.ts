import { log } from '@temporalio/workflow';
import type { KeptnEvent } from '../contracts/events.ts';

/** More than this many answers to tasks that nobody was offered are not kept. */
const LIMIT = 100;

/**
 * Answers that arrive before the workflow knows that it has offered their task. A worker that dies after it stored a
 * `.triggered` event leaves the responder faster than the workflow, which opens the task only when the step is done
 * again; dropped answers would leave the run waiting for ever.
 */
export class EarlyEvents {
  readonly #answerable = new Set<string>();
  #kept: KeptnEvent[] = [];

  /** True when the event was put aside until its task takes answers. */
  keeps(event: KeptnEvent): boolean {
    const { triggeredid = '', type, id } = event;
    if (this.#answerable.has(triggeredid)) return false;
    const kept = this.#kept.length < LIMIT && triggeredid !== '';
    log.info(kept ? 'event put aside: its task is not open' : 'event dropped: its task is not open', {
      type,
      id,
      triggeredid,
    });
    if (kept) this.#kept.push(event);
    return true;
  }

  /** The task takes answers from now on; answers those that came before, in their order. */
  open(triggeredId: string): KeptnEvent[] {
    this.#answerable.add(triggeredId);
    const due = this.#kept.filter((event) => event.triggeredid === triggeredId);
    this.#kept = this.#kept.filter((event) => event.triggeredid !== triggeredId);
    return due;
  }
}
