import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  continueAsNew,
  getExternalWorkflowHandle,
  log,
  ParentClosePolicy,
  setCurrentDetails,
  setHandler,
  startChild,
  WorkflowIdReusePolicy,
  workflowInfo,
} from '@temporalio/workflow';
import { ENGINE_SOURCE, sequenceEventType } from '../contracts/events.ts';
import { type QueueScope, sequenceWorkflowId } from '../contracts/ids.ts';
import {
  abortSignal,
  enqueueSignal,
  leftSignal,
  pauseContextSignal,
  queueStatusQuery,
  removeSignal,
  reportSignal,
  slotGrantedSignal,
  slotSignal,
} from '../contracts/messages.ts';
import { searchAttributes } from '../contracts/search-attributes.ts';
import type { QueueStatus, SequenceRequest } from '../contracts/workflows.ts';
import {
  admit,
  emptyQueue,
  type QueueCommand,
  type QueueMessage,
  type QueueState,
} from '../sequence/queue.ts';
import { records } from './activity-proxies.ts';
import { eventMaker } from './events.ts';
import { plainMessage } from './failures.ts';
import { Inbox } from './inbox.ts';
import { ifReadable, isContextPause, isRemoval, isRequest, isSlotMessage } from './readable.ts';
import type { sequence } from './sequence.ts';

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
  const queue = new ServiceQueue(input);
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

type Work =
  | { kind: 'enqueue'; request: SequenceRequest }
  | { kind: 'message'; message: QueueMessage }
  | { kind: 'remove'; workflowId: string; reason: string };

class ServiceQueue {
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
    const { project, stage, service } = this.#input;
    const phase = (...phases: string[]) =>
      this.#queue.entries.filter((entry) => phases.includes(entry.phase)).map((entry) => entry.runId);
    return {
      project,
      stage,
      service,
      running: phase('running'),
      parked: phase('released', 'requested'),
      waiting: phase('waiting'),
    };
  }

  /** Ends when nothing runs and nothing waits; the next trigger starts it anew. */
  async serve(): Promise<void> {
    await this.#adoptStarted();
    while (this.#inbox.length > 0 || this.#queue.entries.length > 0) {
      await this.#inbox.filled();
      for (let work = this.#inbox.shift(); work !== undefined; work = this.#inbox.shift()) {
        await this.#take(work);
      }
      setCurrentDetails(this.#table());
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
    const { input } = request;
    try {
      const child = await startChild<typeof sequence>('sequence', {
        workflowId: runId,
        args: [request],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        // A trigger that comes twice must not run twice; the second finds the first one's id taken.
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        staticSummary: `${input.sequence} of ${input.service} in ${input.stage}`,
        typedSearchAttributes: [
          { key: searchAttributes.project, value: input.project },
          { key: searchAttributes.stage, value: input.stage },
          { key: searchAttributes.service, value: input.service },
          { key: searchAttributes.context, value: input.keptnContext },
          { key: searchAttributes.sequence, value: input.sequence },
        ],
      });
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

  /** A run that never starts ends as an aborted one does in Keptn 1.4.5: aborted and pass, without follow-ups. */
  async #drop(runId: string, reason: string): Promise<void> {
    const request = this.#waiting.get(runId);
    if (request === undefined) return;
    this.#waiting.delete(runId);
    if (request.together !== undefined) {
      const left = { service: request.input.service, message: reason };
      await this.#signal(request.together.workflowId, (group) => group.signal(leftSignal, left));
    }
    const run = scopeOf(request);
    const { project, stage, service, sequence: name, keptnContext } = run;
    const finished = eventMaker(
      keptnContext,
      request.input.gitCommitId ?? '',
    )({
      type: sequenceEventType(stage, name, 'finished'),
      source: ENGINE_SOURCE,
      triggeredId: request.input.triggeredId,
      data: { project, stage, service, status: 'aborted', result: 'pass', message: reason },
    });
    const state = { state: 'aborted', status: 'aborted', result: 'pass' } as const;
    await records.finishSequence({ run, events: [finished], state, followUps: [] });
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

  #table(): string {
    const rows = this.#queue.entries.map((entry) => `| ${entry.runId} | ${entry.phase} |`);
    return ['| run | state |', '|---|---|', ...rows].join('\n');
  }
}

function workflowIdOf({ input, occurrence }: SequenceRequest): string {
  return sequenceWorkflowId({ ...input, occurrence });
}

function scopeOf(request: SequenceRequest): {
  project: string;
  stage: string;
  service: string;
  keptnContext: string;
  sequence: string;
  workflowId: string;
} {
  const { project, stage, service, keptnContext, sequence: name } = request.input;
  return { project, stage, service, keptnContext, sequence: name, workflowId: workflowIdOf(request) };
}
