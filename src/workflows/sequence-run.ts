import {
  CancellationScope,
  isCancellation,
  log,
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { RunScope, SequenceViewState } from '../contracts/activities.ts';
import { ENGINE_SOURCE, type KeptnEvent } from '../contracts/events.ts';
import type { ControlReason } from '../contracts/messages.ts';
import { searchAttributes } from '../contracts/search-attributes.ts';
import type { RunSoFar, SequenceOutcome, SequenceRequest, SequenceStatus } from '../contracts/workflows.ts';
import { advance, createSequence } from '../sequence/advance.ts';
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
import { eventMaker, idOf } from './events.ts';
import { followUpEvents } from './follow-up-events.ts';
import { Inbox } from './inbox.ts';
import { Journal } from './journal.ts';
import { QueueSlot } from './queue-slot.ts';
import { ResponderEvents } from './responder-events.ts';
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
  readonly journal: Journal;
  readonly responders: ResponderEvents;
  readonly #inbox = new Inbox<SequenceMessage>();
  readonly #slot: QueueSlot;
  readonly #status: RunStatus;
  #state: SequenceState;
  #task: TaskRun | undefined;
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
    this.journal = new Journal(this.scope);
    this.#slot = new QueueSlot(this.scope, () => this.slotGranted());
    this.newEvent = eventMaker(input.keptnContext, input.gitCommitId ?? '');
    this.approval = new ApprovalDesk(
      () => this.#state.task?.waitingForApproval === true,
      ({ triggeredId, data }) => this.#task?.decided(triggeredId, data),
    );
    this.responders = new ResponderEvents(this.approval, (message) => this.push(message));
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

  taskEvent(event: KeptnEvent): void {
    this.responders.take(event);
  }

  control(kind: 'pause' | 'resume' | 'abort', why: ControlReason | undefined): void {
    this.push({ kind, ...(kind === 'abort' ? why : {}) });
  }

  slotGranted(): void {
    this.push({ kind: 'slotGranted' });
  }

  /** The queue has continued as new and no longer hears of the end by itself. */
  reportEnd(): void {
    this.#slot.reportsEnd = true;
  }

  push(message: SequenceMessage): void {
    this.#inbox.push(message);
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
        await records.recordEvents(this.journal.take());
        this.#background(this.#delay(command.triggeredId, command.delayMs, command.taskName));
        return;
      case 'releaseSlot':
        await this.#slot.tell('parked');
        return;
      case 'acquireSlot':
        await this.#slot.tell('wantsSlot');
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
    const finished = this.newEvent({
      type: command.eventType,
      source: ENGINE_SOURCE,
      data: command.data,
      triggeredId: command.triggeredId,
    });
    const record = this.journal.take();
    await records.finishSequence({
      ...record,
      events: [...record.events, finished],
      close: this.#status.triggeredIds(),
      state: { state: command.outcome, status: command.status, result: command.result },
      followUps: followUpEvents(this.request, command, this.newEvent),
    });
    upsertSearchAttributes([{ key: searchAttributes.result, value: command.result }]);
    if (this.#slot.reportsEnd) await this.#slot.tell('finished');
    const { data } = command;
    const message = [typeof data.message === 'string' ? data.message : '', ...undone]
      .filter(Boolean)
      .join('; ');
    this.#outcome = { outcome: command.outcome, status: command.status, result: command.result, message };
  }

  async #recordState(state: SequenceViewState): Promise<void> {
    await records.recordEvents({ ...this.journal.take(), state: { state } });
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
