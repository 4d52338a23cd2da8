import { log } from '@temporalio/workflow';
import { type KeptnEvent, parseEventType } from '../contracts/events.ts';
import type { SequenceMessage } from '../sequence/types.ts';
import type { ApprovalDesk } from './approval-desk.ts';
import { EarlyEvents } from './early-events.ts';

/** Takes the events of responders for the tasks of a run, those of its approvals by their policy. */
export class ResponderEvents {
  readonly #early = new EarlyEvents();
  readonly #approval: ApprovalDesk;
  readonly #push: (message: SequenceMessage) => void;

  constructor(approval: ApprovalDesk, push: (message: SequenceMessage) => void) {
    this.#approval = approval;
    this.#push = push;
  }

  /** A responder's event; anything that is not a started or finished event of a task is dropped and logged. */
  take(event: KeptnEvent): void {
    const type = parseEventType(event.type);
    if (type?.of !== 'task' || (type.kind !== 'started' && type.kind !== 'finished')) {
      log.warn('event dropped: not a started or finished event of a task', {
        type: event.type,
        id: event.id,
      });
      return;
    }
    if (this.#early.keeps(event)) return;
    if (type.kind === 'finished' && this.#approval.claim(event)) return;
    this.#push({
      kind: type.kind,
      eventId: event.id,
      triggeredId: event.triggeredid ?? '',
      source: event.source,
      data: event.data,
    });
  }

  /** The task was offered and takes answers, also those that were here before it. */
  open(triggeredId: string): void {
    for (const event of this.#early.open(triggeredId)) this.take(event);
  }
}
