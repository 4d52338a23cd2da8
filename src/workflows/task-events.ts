import type { TaskFinished } from '../contracts/activities.ts';
import { type KeptnEvent, taskEventType } from '../contracts/events.ts';
import type { JsonObject } from '../contracts/json.ts';
import { decideApproval } from '../sequence/approval.ts';
import type { SequenceRun } from './sequence-run.ts';
import { builtinSource } from './tasks/index.ts';

/** The `.started` and `.finished` events that the engine itself sends for one task. */
export class TaskEvents {
  readonly #run: SequenceRun;
  readonly #taskName: string;
  readonly #triggered: KeptnEvent;

  constructor(run: SequenceRun, taskName: string, triggered: KeptnEvent) {
    this.#run = run;
    this.#taskName = taskName;
    this.#triggered = triggered;
  }

  /** A `.started` event that is not sent yet: a responder sends one of its own. */
  started(): KeptnEvent {
    if (this.#taskName !== 'approval') return this.#event('started', { status: 'succeeded' });
    const { message } = decideApproval(this.#triggered.data);
    return this.#event('started', { status: 'succeeded', message });
  }

  /** Sends one more `.started` event and keeps it for the next record. */
  emitStarted(): void {
    this.#emit('started', this.started());
  }

  /** Sends the `.finished` event with this data and keeps it for the next record. */
  emitFinished(data: JsonObject): void {
    this.#emit('finished', this.#event('finished', data));
  }

  /** Tells the run of an event that is written down already. */
  send(kind: 'started' | 'finished', { id, source, data }: KeptnEvent): void {
    this.#run.push({ kind, eventId: id, triggeredId: this.#triggered.id, source, data });
  }

  #emit(kind: 'started' | 'finished', event: KeptnEvent): void {
    this.#run.journal.note(event);
    this.send(kind, event);
  }

  #event(kind: 'started' | 'finished', data: JsonObject): KeptnEvent {
    const { project, stage, service, labels } = this.#triggered.data;
    return this.#run.newEvent({
      type: taskEventType(this.#taskName, kind),
      source: builtinSource(this.#taskName),
      data: { project, stage, service, ...(labels === undefined ? {} : { labels }), ...data },
      triggeredId: this.#triggered.id,
    });
  }
}

/** The data of the `.finished` event that a task's outcome makes; an empty message is left out. */
export function finishedData({ status, result, message, data }: TaskFinished): JsonObject {
  return { ...data, status, result, ...(message === '' ? {} : { message }) };
}
