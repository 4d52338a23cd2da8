import { getExternalWorkflowHandle, isCancellation, log, sleep } from '@temporalio/workflow';
import { arrivedSignal, leftSignal, type TogetherDecision } from '../contracts/messages.ts';
import type { SequenceRequest } from '../contracts/workflows.ts';
import { aggregate, isComplete } from '../sequence/aggregate.ts';
import type { SequenceMessage, SequenceState } from '../sequence/types.ts';
import { plainMessage } from './failures.ts';

/** Under this name the group counts as one more responder of the task that waits. */
const SOURCE = 'together';

/** One run's part in a group: the group starts the task that waits beside its own responders, and finishes it last. */
export class TogetherMember {
  readonly #request: SequenceRequest;
  readonly #workflowId: string;
  readonly #push: (message: SequenceMessage) => void;
  #joined: string | undefined;
  #arrived = false;
  #decided = false;

  constructor(request: SequenceRequest, workflowId: string, push: (message: SequenceMessage) => void) {
    this.#request = request;
    this.#workflowId = workflowId;
    this.#push = push;
  }

  /** The group's `started`, due before the first `finished` of the task that waits: from then on the task needs one more. */
  joins({ task }: SequenceState, message: SequenceMessage): SequenceMessage | undefined {
    const { together } = this.#request;
    if (together === undefined || this.#joined !== undefined || message.kind !== 'finished') return undefined;
    if (task?.phase !== 'sent' || task.index !== together.task || task.triggeredId !== message.triggeredId)
      return undefined;
    this.#joined = task.triggeredId;
    return this.#event('started', task.triggeredId, {});
  }

  /** Tells the group when all others have finished the task; waits for its answer as long as tasks may take. */
  async arrives({ task }: SequenceState): Promise<void> {
    const { together, input, defaults } = this.#request;
    if (together === undefined || this.#arrived || task === undefined || task.triggeredId !== this.#joined)
      return;
    const own = task.events.filter(({ source }) => source !== SOURCE);
    if (!isComplete(own)) return;
    this.#arrived = true;
    const finished = own.filter(({ kind }) => kind === 'finished').map(({ data = {} }) => data);
    const { result, status } = aggregate(finished);
    const { triggeredId } = task;
    const member = {
      service: input.service,
      workflowId: this.#workflowId,
      triggeredId,
      result: status === 'succeeded' ? result : ('fail' as const),
    };
    try {
      await getExternalWorkflowHandle(together.workflowId).signal(arrivedSignal, member);
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.warn('the group of this run does not answer', { error: plainMessage(error) });
      this.decided({
        triggeredId,
        result: 'fail',
        message: 'the services of its group were decided without it',
      });
      return;
    }
    if (defaults.finishedMs > 0) void this.#clock(triggeredId, defaults.finishedMs);
  }

  /** The group's answer; only the first one counts. */
  decided({ triggeredId, result, message }: TogetherDecision): void {
    if (this.#decided || triggeredId !== this.#joined) return;
    this.#decided = true;
    const told = message === '' ? {} : { message };
    this.#push(this.#event('finished', triggeredId, { status: 'succeeded', result, ...told }));
  }

  /** The run has ended: the others need not wait for it. */
  async leaves(message: string): Promise<void> {
    const { together, input } = this.#request;
    if (together === undefined || this.#decided) return;
    this.#decided = true;
    try {
      const group = getExternalWorkflowHandle(together.workflowId);
      await group.signal(leftSignal, { service: input.service, message });
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.info('the group of this run has been decided', { error: plainMessage(error) });
    }
  }

  async #clock(triggeredId: string, ms: number): Promise<void> {
    try {
      await sleep(ms, { summary: 'wait for the other services of the group' });
    } catch (error) {
      if (isCancellation(error)) return;
      throw error;
    }
    this.decided({
      triggeredId,
      result: 'fail',
      message: 'the other services of its group did not come so far in time',
    });
  }

  #event(
    kind: 'started' | 'finished',
    triggeredId: string,
    data: { [key: string]: string },
  ): SequenceMessage {
    return { kind, eventId: `${SOURCE}/${triggeredId}/${kind}`, triggeredId, source: SOURCE, data };
  }
}
