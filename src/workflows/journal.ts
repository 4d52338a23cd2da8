import type { RecordRequest, RunScope } from '../contracts/activities.ts';
import type { KeptnEvent } from '../contracts/events.ts';
import { records } from './activity-proxies.ts';

/** The events of a run that have happened and are written down with its next record. */
export class Journal {
  readonly #run: RunScope;
  readonly #events: KeptnEvent[] = [];

  constructor(run: RunScope) {
    this.#run = run;
  }

  /** Keeps an event for the next record. */
  note(event: KeptnEvent): void {
    this.#events.push(event);
  }

  /** What a record holds at any time: the scope and all that was noted since the last one. */
  take(): Pick<RecordRequest, 'run' | 'events'> {
    return { run: this.#run, events: this.#events.splice(0) };
  }

  /** Writes events down at once, with all that was noted before them. */
  async record(events: readonly KeptnEvent[]): Promise<void> {
    for (const event of events) this.note(event);
    await records.recordEvents(this.take());
  }
}
