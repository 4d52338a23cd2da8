import { admit, emptyQueue, type QueueCommand, type QueueMessage, type QueueState } from './queue.ts';
import type { Scope, SequenceMessage } from './types.ts';

/** The queues of the in-memory engine: one for each project, stage and service, as each has a workflow of its own. */
export class VirtualQueues {
  readonly #queues = new Map<string, QueueState>();

  /** Tells the queue of a scope that something happened; answers what it wants done, in order. */
  tell({ project, stage, service }: Scope, message: QueueMessage): QueueCommand[] {
    const key = JSON.stringify([project, stage, service]);
    const { state, commands } = admit(this.#queues.get(key) ?? emptyQueue(), message);
    this.#queues.set(key, state);
    return commands;
  }
}

/** What a run hears of its queue's command. */
export function queueMessage(command: Exclude<QueueCommand, { kind: 'ignored' }>): SequenceMessage {
  switch (command.kind) {
    case 'startRun':
      return { kind: 'begin' };
    case 'grantSlot':
      return { kind: 'slotGranted' };
    case 'abortRun':
    case 'dropRun':
      return { kind: 'abort', reason: command.reason };
  }
}
