import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  continueAsNew,
  getExternalWorkflowHandle,
  log,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import { abortSignal, leftSignal, reportSignal, slotGrantedSignal } from '../contracts/messages.ts';
import type { QueueStatus, SequenceRequest } from '../contracts/workflows.ts';
import {
  admit,
  emptyQueue,
  type QueueCommand,
  type QueueMessage,
  type QueueState,
} from '../sequence/queue.ts';
import { records } from './activity-proxies.ts';
import { plainMessage } from './failures.ts';
import { Inbox } from './inbox.ts';
import { queueStatus, queueTable } from './queue-status.ts';
import { neverStarted, scopeOf, startRun, workflowIdOf } from './queued-request.ts';
import type { QueueInput, serviceQueue } from './service-queue.ts';

type Work =
  | { kind: 'enqueue'; request: SequenceRequest }
  | { kind: 'message'; message: QueueMessage }
  | { kind: 'remove'; workflowId: string; reason: string };

/** One run of a service's queue: takes messages in, asks `admit` what to do, and does it. */
export class ServiceQueueRun {
  readonly #input: QueueInput;
  readonly #waiting: Map<string, SequenceRequest>;
  readonly #started: Set<string>;
  readonly #inbox = new Inbox<Work>();
  #queue: QueueState;

  constructor(input: QueueInput) {
    this.#input = input;
    this.#queue = input.carried?.queue ?? emptyQueue();
    this.#waiting = new Map(Object.entries(input.carried?.waiting ?? {}));
    this.#started = new Set(input.carried?.started);
  }

  enqueue(request: SequenceRequest): void {
    this.#inbox.push({ kind: 'enqueue', request });
  }

  slot(workflowId: string, kind: 'parked' | 'wantsSlot' | 'finished'): void {
    const names = { parked: 'released', wantsSlot: 'requested', finished: 'done' } as const;
    this.#inbox.push({ kind: 'message', message: { kind: names[kind], runId: workflowId } });
  }

  pauseContext(keptnContext: string, paused: boolean): void {
    const kind = paused ? 'pauseContext' : 'resumeContext';
    this.#inbox.push({ kind: 'message', message: { kind, keptnContext } });
  }

  remove(workflowId: string, reason = 'removed from the queue'): void {
    this.#inbox.push({ kind: 'remove', workflowId, reason });
  }

  status(): QueueStatus {
    return queueStatus(this.#input, this.#queue);
  }

  /** Ends when nothing runs and nothing waits; the next trigger starts it anew. */
  async serve(): Promise<void> {
    await this.#adoptStarted();
    while (this.#inbox.length > 0 || this.#queue.entries.length > 0) {
      await this.#inbox.filled();
      for (let work = this.#inbox.shift(); work !== undefined; work = this.#inbox.shift()) {
        await this.#take(work);
      }
      setCurrentDetails(queueTable(this.#queue));
      if (this.#historyIsLong()) await this.#continue();
    }
  }

  async #take(work: Work): Promise<void> {
    switch (work.kind) {
      case 'enqueue':
        return this.#admitRequest(work.request);
      case 'message':
        return this.#admit(work.message);
      case 'remove':
        if (!this.#waiting.has(work.workflowId)) return;
        await this.#drop(work.workflowId, work.reason);
        return this.#admit({ kind: 'done', runId: work.workflowId });
    }
  }

  async #admitRequest(request: SequenceRequest): Promise<void> {
    const runId = workflowIdOf(request);
    if (this.#waiting.has(runId) || this.#started.has(runId)) return;
    this.#waiting.set(runId, request);
    if (request.paused) await this.#admit({ kind: 'pauseContext', keptnContext: request.input.keptnContext });
    const { keptnContext, sequence: name, concurrency } = request.input;
    await this.#admit({
      kind: 'enqueue',
      runId,
      keptnContext,
      sequence: name,
      ...(concurrency === undefined ? {} : { concurrency }),
    });
    if (this.#waiting.has(runId)) await this.#recordWaiting(request);
  }

  async #admit(message: QueueMessage): Promise<void> {
    const { state, commands } = admit(this.#queue, message);
    this.#queue = state;
    if (message.kind === 'done') this.#started.delete(message.runId);
    for (const command of commands) await this.#perform(command);
  }

  async #perform(command: QueueCommand): Promise<void> {
    switch (command.kind) {
      case 'startRun':
        return this.#start(command.runId);
      case 'grantSlot':
        return this.#signal(command.runId, (run) => run.signal(slotGrantedSignal));
      case 'abortRun':
        return this.#signal(command.runId, (run) => run.signal(abortSignal, { reason: command.reason }));
      case 'dropRun':
        return this.#drop(command.runId, command.reason);
      case 'ignored':
        log.info('queue message ignored', { message: command.message, reason: command.reason });
        return;
    }
  }

  async #start(runId: string): Promise<void> {
    const request = this.#waiting.get(runId);
    if (request === undefined) return;
    this.#waiting.delete(runId);
    try {
      const child = await startRun(runId, request);
      this.#started.add(runId);
      child.result().then(
        () => this.slot(runId, 'finished'),
        () => this.slot(runId, 'finished'),
      );
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      log.info('run was started before', { runId });
      this.slot(runId, 'finished');
    }
  }

  /** A run that is gone has ended: the queue goes on. */
  async #signal(
    runId: string,
    send: (run: ReturnType<typeof getExternalWorkflowHandle>) => Promise<void>,
  ): Promise<void> {
    try {
      await send(getExternalWorkflowHandle(runId));
    } catch (error) {
      log.warn('a run of this queue is gone', { runId, error: plainMessage(error) });
      this.slot(runId, 'finished');
    }
  }

  async #recordWaiting(request: SequenceRequest): Promise<void> {
    await records.recordEvents({ run: scopeOf(request), events: [], state: { state: 'waiting' } });
  }

  /** A run that never starts has no follow-ups, as an aborted one in Keptn 1.4.5. */
  async #drop(runId: string, reason: string): Promise<void> {
    const request = this.#waiting.get(runId);
    if (request === undefined) return;
    this.#waiting.delete(runId);
    if (request.together !== undefined) {
      const left = { service: request.input.service, message: reason };
      await this.#signal(request.together.workflowId, (group) => group.signal(leftSignal, left));
    }
    const finished = neverStarted(request, reason);
    const state = { state: 'aborted', status: 'aborted', result: 'pass' } as const;
    await records.finishSequence({ run: scopeOf(request), events: [finished], state, followUps: [] });
  }

  #historyIsLong(): boolean {
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    const { maxHistoryLength } = this.#input;
    return continueAsNewSuggested || (maxHistoryLength !== undefined && historyLength >= maxHistoryLength);
  }

  /** Nothing may be in the inbox when the state is handed over: what comes later waits for the next run. */
  async #continue(): Promise<void> {
    if (this.#inbox.length > 0) return;
    await continueAsNew<typeof serviceQueue>({
      ...this.#input,
      carried: {
        queue: this.#queue,
        waiting: Object.fromEntries(this.#waiting),
        started: [...this.#started],
      },
    });
  }

  /** Ends of children are not reported across continue-as-new, so the started runs are asked to tell their end. */
  async #adoptStarted(): Promise<void> {
    for (const runId of this.#started) await this.#signal(runId, (run) => run.signal(reportSignal));
  }
}
