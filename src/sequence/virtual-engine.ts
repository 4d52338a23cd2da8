import { sequenceEventType } from '../contracts/events.ts';
import { advance, createSequence } from './advance.ts';
import { Agenda } from './agenda.ts';
import { failedStart } from './finish.ts';
import { resolveSequence } from './follow-ups.ts';
import { copyObject } from './merge.ts';
import { PausedContexts } from './paused-contexts.ts';
import { scopeOf } from './payload.ts';
import type { QueueCommand, QueueMessage } from './queue.ts';
import { executionState, type OverallState, overallState } from './state-view.ts';
import type {
  FinishSequence,
  Scope,
  SequenceCommand,
  SequenceDefinition,
  SequenceMessage,
  Shipyard,
  TriggerTask,
} from './types.ts';
import { following } from './virtual-follow-ups.ts';
import { queueMessage, VirtualQueues } from './virtual-queues.ts';
import type { Reply, SentEvent, Trigger, VirtualEngineOptions, VirtualRun } from './virtual-run.ts';

/**
 * Runs sequences in memory on a virtual clock, with the same rules as the workflows: for dry runs and tests.
 * It holds the state and carries commands out; every decision is made by `advance`, `admit` and `followUps`.
 */
export class VirtualEngine {
  readonly sent: SentEvent[] = [];
  readonly runs: VirtualRun[] = [];
  /** Messages that changed nothing, with the reason. */
  readonly ignored: string[] = [];
  /** Follow-ups that were not started because they form an endless cycle. */
  readonly cycles: { run: VirtualRun; reason: string }[] = [];
  readonly #shipyard: Shipyard;
  readonly #options: VirtualEngineOptions;
  readonly #agenda = new Agenda();
  readonly #queues = new VirtualQueues();
  readonly #paused = new PausedContexts();
  #ids = 0;

  constructor(shipyard: Shipyard, options: VirtualEngineOptions = {}) {
    this.#shipyard = shipyard;
    this.#options = options;
  }

  /** Triggers a sequence; what follows happens in {@link settle} or {@link wait}. */
  trigger(trigger: Trigger, parent?: VirtualRun): void {
    const { stage, sequence } = trigger;
    const resolved = resolveSequence(this.#shipyard, stage, sequence);
    if (!resolved.found) {
      const data = failedStart({ ...trigger, triggerData: trigger.data }, resolved.message);
      const type = sequenceEventType(stage, sequence, 'finished');
      this.#send({ ...trigger, runId: '', id: '', type, data });
      return;
    }
    const run = this.#createRun(trigger, resolved.definition);
    if (parent !== undefined) run.parent = parent;
    this.runs.push(run);
    const { keptnContext } = trigger;
    if (this.#paused.has(trigger)) this.#tellQueue(trigger, { kind: 'pauseContext', keptnContext });
    const { runId } = run;
    const { concurrency } = resolved.definition;
    this.#tellQueue(trigger, {
      kind: 'enqueue',
      runId,
      keptnContext,
      sequence,
      ...(concurrency === undefined ? {} : { concurrency }),
    });
  }

  /** Delivers a responder's event; returns why it was refused, or undefined when it was taken. */
  receive(keptnContext: string, triggeredId: string, reply: Reply): string | undefined {
    const scope = reply.data;
    if (!scope.project || !scope.stage || !scope.service) {
      return 'invalid event scope: project, stage and service are needed';
    }
    const run = this.runs.find(
      (candidate) =>
        candidate.trigger.keptnContext === keptnContext && candidate.state.task?.triggeredId === triggeredId,
    );
    if (run === undefined) return `sequence not found: no open task has the triggered id ${triggeredId}`;
    this.#deliver(run, triggeredId, reply);
    this.settle();
    return undefined;
  }

  /** Pauses, resumes or aborts the runs of a context, in one stage or in all. */
  control(keptnContext: string, action: 'pause' | 'resume' | 'abort', stage?: string): void {
    if (action === 'pause') this.#paused.pause(keptnContext, stage);
    if (action === 'resume') this.#paused.resume(keptnContext, stage);
    const runs = this.runs.filter(
      ({ trigger }) =>
        trigger.keptnContext === keptnContext && (stage === undefined || trigger.stage === stage),
    );
    for (const run of runs) {
      if (action !== 'abort') {
        const kind = action === 'pause' ? 'pauseContext' : 'resumeContext';
        this.#tellQueue(run.trigger, { kind, keptnContext });
      }
      if (run.state.phase === 'running' || action === 'abort') this.#tell(run, { kind: action });
    }
    this.settle();
  }

  /** Lets everything happen that is due at this moment. */
  settle(): void {
    this.#agenda.runUntil(this.#agenda.now);
  }

  /** Moves the clock on by a number of milliseconds. */
  wait(milliseconds: number): void {
    this.#agenda.runUntil(this.#agenda.now + milliseconds);
  }

  /** Moves the clock on until nothing is left to happen by itself. */
  runToEnd(): void {
    this.#agenda.runUntil();
  }

  /** State of all runs of a context together. */
  overallState(keptnContext: string): OverallState {
    const runs = this.runs.filter(({ trigger }) => trigger.keptnContext === keptnContext);
    return overallState(
      runs.map(({ trigger, state }) => {
        const created = state.phase === 'created';
        const held = created && this.#paused.has(trigger);
        return { state: executionState(state), blocked: created && !held, held };
      }),
    );
  }

  /** Tasks that were sent and are not complete. */
  openTasks(): { run: VirtualRun; task: string; triggeredId: string }[] {
    return this.runs.flatMap((run) => {
      const { task } = run.state;
      return task?.phase === 'sent' ? [{ run, task: task.name, triggeredId: task.triggeredId }] : [];
    });
  }

  #createRun(trigger: Trigger, definition: SequenceDefinition): VirtualRun {
    const { keptnContext, sequence, data } = trigger;
    const { payloadNumbers } = this.#shipyard;
    const { concurrency } = definition;
    const state = createSequence({
      ...scopeOf(trigger),
      sequence,
      keptnContext,
      triggeredId: this.#nextId(),
      tasks: definition.tasks,
      triggerData: copyObject(data),
      ...(payloadNumbers === undefined ? {} : { payloadNumbers }),
      ...(concurrency === undefined ? {} : { concurrency }),
    });
    const lane = this.runs.length;
    return { runId: `run-${lane + 1}`, lane, trigger, definition, state };
  }

  #nextId(): string {
    this.#ids += 1;
    return `id-${this.#ids}`;
  }

  #send(event: Omit<SentEvent, 'at'>): void {
    const { project, stage, service, type, keptnContext, runId, id, data, delay } = event;
    this.sent.push({
      at: this.#agenda.now,
      project,
      stage,
      service,
      type,
      keptnContext,
      runId,
      id,
      data,
      ...(delay === undefined ? {} : { delay }),
    });
  }

  #deliver(run: VirtualRun, triggeredId: string, { kind, source, data, eventId }: Reply): void {
    this.#tell(run, { kind, eventId: eventId ?? this.#nextId(), triggeredId, source, data });
  }

  #tell(run: VirtualRun, message: SequenceMessage): void {
    const { state, commands } = advance(run.state, message, () => this.#nextId());
    run.state = state;
    for (const command of commands) this.#carryOut(run, command);
  }

  #carryOut(run: VirtualRun, command: SequenceCommand): void {
    const { runId, lane, trigger } = run;
    switch (command.kind) {
      case 'triggerTask':
        this.#triggerTask(run, command);
        return;
      case 'delayTask': {
        const { triggeredId, delayMs } = command;
        this.#agenda.plan(delayMs, lane, () => this.#tell(run, { kind: 'delayElapsed', triggeredId }));
        return;
      }
      case 'releaseSlot':
        this.#tellQueue(trigger, { kind: 'released', runId });
        return;
      case 'acquireSlot':
        this.#tellQueue(trigger, { kind: 'requested', runId });
        return;
      case 'finishSequence':
        this.#finish(run, command);
        return;
      case 'ignored':
        this.ignored.push(`${runId}: ${command.message}: ${command.reason}`);
    }
  }

  #triggerTask(run: VirtualRun, task: TriggerTask): void {
    const { triggeredId, eventType: type, data, index } = task;
    const delay = run.definition.tasks[index]?.triggeredAfterText;
    this.#send({
      ...run.trigger,
      runId: run.runId,
      id: triggeredId,
      type,
      data,
      ...(task.delayMs > 0 && delay !== undefined ? { delay } : {}),
    });
    for (const reply of this.#options.respond?.(task, run) ?? []) {
      this.#agenda.plan(0, run.lane, () => this.#deliver(run, triggeredId, reply));
    }
    const limit = this.#options.startedTimeoutMs;
    if (limit === undefined) return;
    this.#agenda.plan(limit, run.lane, () =>
      this.#tell(run, { kind: 'timeout', waitingFor: 'started', triggeredId }),
    );
  }

  #finish(run: VirtualRun, end: FinishSequence): void {
    const { trigger, runId } = run;
    this.#send({ ...trigger, runId, id: '', type: end.eventType, data: end.data });
    this.#tellQueue(trigger, { kind: 'done', runId });
    if (end.outcome !== 'finished') return;
    const earlier = this.runs.map((other) => other.trigger);
    const { next, cycles } = following(this.#shipyard, { trigger, end, earlier });
    for (const reason of cycles) this.cycles.push({ run, reason });
    for (const started of next) this.#send({ ...started.trigger, runId, id: '', type: started.type });
    for (const started of next) this.trigger(started.trigger, run);
  }

  #tellQueue(scope: Scope, message: QueueMessage): void {
    for (const command of this.#queues.tell(scope, message)) this.#obeyQueue(command);
  }

  #obeyQueue(command: QueueCommand): void {
    if (command.kind === 'ignored') {
      this.ignored.push(`queue: ${command.message}: ${command.reason}`);
      return;
    }
    const run = this.runs.find((candidate) => candidate.runId === command.runId);
    if (run === undefined) return;
    const message = queueMessage(command);
    this.#agenda.plan(0, run.lane, () => this.#tell(run, message));
  }
}
