import {
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { RecordRequest, RunScope, SequenceViewState } from '../contracts/activities.ts';
import { ENGINE_SOURCE, type KeptnEvent, parseEventType } from '../contracts/events.ts';
import { queueWorkflowId } from '../contracts/ids.ts';
import { type ControlReason, type SlotMessage, slotSignal } from '../contracts/messages.ts';
import { searchAttributes } from '../contracts/search-attributes.ts';
import type { RunSoFar, SequenceOutcome, SequenceRequest, SequenceStatus } from '../contracts/workflows.ts';
import { advance, createSequence } from '../sequence/advance.ts';
import { followUps } from '../sequence/follow-ups.ts';
import type {
  FinishSequence,
  SequenceCommand,
  SequenceMessage,
  SequenceState,
  TriggerTask,
} from '../sequence/types.ts';
import { records } from './activity-proxies.ts';
import { ApprovalDesk } from './approval-desk.ts';
import { Compensations } from './compensations.ts';
import { EarlyEvents } from './early-events.ts';
import { eventMaker, idOf } from './events.ts';
import { plainMessage } from './failures.ts';
import { Inbox } from './inbox.ts';
import { RunStatus } from './run-status.ts';
import { statusTable } from './status-table.ts';
import { TaskRun } from './task-run.ts';
import { TogetherMember } from './together-member.ts';

/** One run of a sequence: takes messages in, asks `advance` what to do, and does it. */
export class SequenceRun {
  readonly request: SequenceRequest;
  readonly scope: RunScope;
  readonly compensations = new Compensations();
  readonly newEvent: ReturnType<typeof eventMaker>;
  readonly approval: ApprovalDesk;
  readonly group: TogetherMember;
  readonly #inbox = new Inbox<SequenceMessage>();
  /** Events that have happened and are written down with the next record. */
  readonly #journal: KeptnEvent[] = [];
  readonly #early = new EarlyEvents();
  readonly #status: RunStatus;
  #state: SequenceState;
  #task: TaskRun | undefined;
  #reportsEnd = false;
  #outcome: SequenceOutcome | undefined;

  constructor(request: SequenceRequest) {
    const { input } = request;
    this.request = request;
    this.scope = {
      project: input.project,
      stage: input.stage,
      service: input.service,
      keptnContext: input.keptnContext,
      sequence: input.sequence,
      workflowId: workflowInfo().workflowId,
    };
    this.newEvent = eventMaker(input.keptnContext, input.gitCommitId ?? '');
    this.approval = new ApprovalDesk(
      () => this.#state.task?.waitingForApproval === true,
      ({ triggeredId, data }) => this.#task?.decided(triggeredId, data),
    );
    this.group = new TogetherMember(request, this.scope.workflowId, (message) => this.push(message));
    this.#state = createSequence(input);
    this.#status = new RunStatus(this.scope, input.tasks);
    this.#status.takeOver(this.#state);
    this.#inbox.push({ kind: 'begin' });
  }

  /** Runs to the end, also when the workflow itself is cancelled: that is an abort, with all it has to put back. */
  async untilEnded(): Promise<SequenceOutcome> {
    if (this.request.timeoutMs !== undefined) this.#background(this.#sequenceClock(this.request.timeoutMs));
    try {
      return await this.#loop();
    } catch (error) {
      if (!isCancellation(error)) throw error;
      this.#inbox.ignoreCancellation();
      return CancellationScope.nonCancellable(() => {
        this.push({ kind: 'abort', reason: 'the workflow was cancelled' });
        return this.#loop();
      });
    }
  }

  status(): SequenceStatus {
    return this.#status.of(this.#state, this.#outcome);
  }

  /** What it was started with and has done. */
  soFar(): RunSoFar {
    return { request: this.request, completed: this.#state.completed };
  }

  /** A responder's event; anything that is not a started or finished event of a task is dropped and logged. */
  taskEvent(event: KeptnEvent): void {
    const type = parseEventType(event.type);
    if (type?.of !== 'task' || (type.kind !== 'started' && type.kind !== 'finished')) {
      log.warn('event dropped: not a started or finished event of a task', {
        type: event.type,
        id: event.id,
      });
      return;
    }
    if (this.#early.keeps(event)) return;
    if (type.kind === 'finished' && this.approval.claim(event)) return;
    this.push({
      kind: type.kind,
      eventId: event.id,
      triggeredId: event.triggeredid ?? '',
      source: event.source,
      data: event.data,
    });
  }

  /** The task was offered and takes answers, also those that were here before it. */
  takesAnswers(triggeredId: string): void {
    for (const event of this.#early.open(triggeredId)) this.taskEvent(event);
  }

  control(kind: 'pause' | 'resume' | 'abort', why: ControlReason | undefined): void {
    this.push({ kind, ...(kind === 'abort' ? why : {}) });
  }

  slotGranted(): void {
    this.push({ kind: 'slotGranted' });
  }

  /** The queue has continued as new and no longer hears of the end by itself. */
  reportEnd(): void {
    this.#reportsEnd = true;
  }

  push(message: SequenceMessage): void {
    this.#inbox.push(message);
  }

  /** Keeps an event for the next record. */
  note(event: KeptnEvent): void {
    this.#journal.push(event);
  }

  /** Writes events down at once. */
  async record(events: readonly KeptnEvent[]): Promise<void> {
    for (const event of events) this.note(event);
    await records.recordEvents(this.takeRecord());
  }

  /** What a record holds at any time: the scope and all that was noted since the last one. */
  takeRecord(): Pick<RecordRequest, 'run' | 'events'> {
    return { run: this.scope, events: this.#journal.splice(0) };
  }

  /** Changes one row of the status and shows it in the Temporal UI. */
  show(triggeredId: string, change: Parameters<RunStatus['update']>[1]): void {
    this.#status.update(triggeredId, change);
    setCurrentDetails(statusTable(this.status()));
  }

  async #loop(): Promise<SequenceOutcome> {
    while (this.#outcome === undefined) {
      await this.#inbox.filled();
      for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
        await this.#take(next);
      }
    }
    return this.#outcome;
  }

  async #take(message: SequenceMessage): Promise<void> {
    const joining = this.group.joins(this.#state, message);
    if (joining !== undefined) await this.#take(joining);
    const before = this.#state;
    const { state, commands } = advance(before, message, () => idOf('task'));
    this.#state = state;
    this.#status.completed(state);
    if (before.task?.phase === 'sent' && state.task !== before.task) await this.#closeTask(state);
    if (state.task !== undefined && state.task.events.length > 0) this.#task?.answered();
    if (before.paused !== state.paused) await this.#recordState(state.paused ? 'paused' : 'started');
    for (const command of commands) await this.#perform(command);
    await this.group.arrives(state);
    setCurrentDetails(statusTable(this.status()));
  }

  /** The task's timers and whoever still works on it end with it; a message that only counted leaves it alone. */
  async #closeTask(state: SequenceState): Promise<void> {
    if (state.task?.triggeredId === this.#task?.triggeredId) return;
    this.approval.close();
    await this.#task?.stop();
  }

  async #perform(command: SequenceCommand): Promise<void> {
    switch (command.kind) {
      case 'triggerTask':
        this.#open(command);
        return;
      case 'delayTask':
        this.#status.open(command.taskName, command.triggeredId);
        // What has happened is not held back for as long as the delay lasts.
        await records.recordEvents(this.takeRecord());
        this.#background(this.#delay(command.triggeredId, command.delayMs, command.taskName));
        return;
      case 'releaseSlot':
        await this.#tellQueue('parked');
        return;
      case 'acquireSlot':
        await this.#tellQueue('wantsSlot');
        return;
      case 'finishSequence':
        await this.#finish(command);
        return;
      case 'ignored':
        log.info('message ignored', { message: command.message, reason: command.reason });
        return;
    }
  }

  #open(command: TriggerTask): void {
    this.#status.open(command.taskName, command.triggeredId);
    const task = new TaskRun(this, command);
    this.#task = task;
    this.#background(task.carryOut());
  }

  async #finish(command: FinishSequence): Promise<void> {
    await this.#task?.stop();
    this.approval.close();
    await this.group.leaves(typeof command.data.message === 'string' ? command.data.message : '');
    const undone = command.outcome === 'finished' ? [] : await this.compensations.run();
    const { stage, sequence } = this.scope;
    const finished = this.newEvent({
      type: command.eventType,
      source: ENGINE_SOURCE,
      data: command.data,
      triggeredId: command.triggeredId,
    });
    const next =
      command.outcome === 'finished'
        ? followUps(this.request.shipyard, {
            stage,
            sequence,
            result: command.result,
            forward: command.forward,
            ...(command.lastTask === undefined ? {} : { lastTask: command.lastTask }),
          })
        : [];
    const record = this.takeRecord();
    await records.finishSequence({
      ...record,
      events: [...record.events, finished],
      close: this.#status.triggeredIds(),
      state: { state: command.outcome, status: command.status, result: command.result },
      followUps: next.map(({ type, data }) => this.#trigger(type, data)),
    });
    upsertSearchAttributes([{ key: searchAttributes.result, value: command.result }]);
    if (this.#reportsEnd) await this.#tellQueue('finished');
    const { data } = command;
    const message = [typeof data.message === 'string' ? data.message : '', ...undone]
      .filter(Boolean)
      .join('; ');
    this.#outcome = { outcome: command.outcome, status: command.status, result: command.result, message };
  }

  /** A follow-up gets its own commit when it is triggered, so the event carries none. */
  #trigger(type: string, data: FinishSequence['data']): KeptnEvent {
    const { gitcommitid: _own, ...event } = this.newEvent({ type, source: ENGINE_SOURCE, data });
    return event;
  }

  async #recordState(state: SequenceViewState): Promise<void> {
    await records.recordEvents({ ...this.takeRecord(), state: { state } });
  }

  /** A queue that is gone (terminated by an operator) must not hold the run up: it goes on without its place. */
  async #tellQueue(kind: SlotMessage['kind']): Promise<void> {
    try {
      const queue = getExternalWorkflowHandle(queueWorkflowId(this.scope));
      await queue.signal(slotSignal, { workflowId: this.scope.workflowId, kind });
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.warn('the queue of this run does not answer', { error: plainMessage(error) });
      if (kind === 'wantsSlot') this.slotGranted();
    }
  }

  async #delay(triggeredId: string, delayMs: number, taskName: string): Promise<void> {
    await sleep(delayMs, { summary: `triggeredAfter of task ${taskName}` });
    this.push({ kind: 'delayElapsed', triggeredId });
  }

  async #sequenceClock(timeoutMs: number): Promise<void> {
    await sleep(timeoutMs, { summary: 'time limit of the whole sequence' });
    this.push({ kind: 'timeout', waitingFor: 'sequence' });
  }

  /** Work beside the main loop; its error ends the loop, a cancellation does not. */
  #background(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!isCancellation(error)) this.#inbox.fail(error);
    });
  }
}
