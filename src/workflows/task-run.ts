import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { Executor } from '../contracts/activities.ts';
import { ENGINE_SOURCE, type KeptnEvent } from '../contracts/events.ts';
import { isJsonObject, type JsonObject } from '../contracts/json.ts';
import type { DefaultTimeouts } from '../contracts/workflows.ts';
import { decideApproval } from '../sequence/approval.ts';
import { approvalPolicy } from '../sequence/approval-policy.ts';
import type { TriggerTask } from '../sequence/types.ts';
import { records, tool } from './activity-proxies.ts';
import { describeExecutor } from './describe-executor.ts';
import { erroredTask } from './failures.ts';
import { refuseTooLarge } from './payload-size.ts';
import { waitForResponders } from './responders.ts';
import type { SequenceRun } from './sequence-run.ts';
import { finishedData, TaskEvents } from './task-events.ts';
import { externalWorker } from './tasks/external-worker.ts';
import { builtinExecutor } from './tasks/index.ts';
import type { BuiltinResult } from './tasks/task.ts';

/** One task of a run, from its `.triggered` event until all its responders have finished or the run ends. */
export class TaskRun {
  readonly #run: SequenceRun;
  readonly #command: TriggerTask;
  readonly #triggered: KeptnEvent;
  readonly #events: TaskEvents;
  readonly #scope = new CancellationScope();
  #work: Promise<void> | undefined;
  #answered = false;

  constructor(run: SequenceRun, command: TriggerTask) {
    this.#run = run;
    this.#command = command;
    this.#triggered = run.newEvent({
      type: command.eventType,
      source: ENGINE_SOURCE,
      data: command.data,
      id: command.triggeredId,
    });
    this.#events = new TaskEvents(run, command.taskName, this.#triggered);
  }

  get triggeredId(): string {
    return this.#triggered.id;
  }

  /** Sends the task to whoever carries it out; resolves when nothing more is to be done for it here. */
  carryOut(): Promise<void> {
    this.#work = this.#scope
      .run(() => this.#carryOut())
      .catch((error: unknown) => {
        if (!isCancellation(error)) throw error;
      });
    return this.#work;
  }

  /** Cancels what still runs for the task and waits until it has stopped. */
  async stop(): Promise<void> {
    this.#scope.cancel();
    await this.#work;
  }

  /** A responder has sent its first event: from now on the clock for `.finished` runs. */
  answered(): void {
    this.#answered = true;
  }

  /** A person has decided the approval that this task is. */
  decided(triggeredId: string, data: JsonObject): void {
    if (triggeredId !== this.#triggered.id) return;
    this.#scope.cancel();
    this.#events.emitFinished(data);
  }

  async #carryOut(): Promise<void> {
    const started = this.#events.started();
    const executor = await this.#begin(started);
    if (executor === undefined) return;
    this.#run.show(this.#triggered.id, {
      state: this.#command.waitsForApproval ? 'waitingForApproval' : 'running',
      ...describeExecutor(executor, this.#command),
    });
    if (executor.kind === 'responders') {
      this.#run.responders.open(this.#triggered.id);
      return this.#waitForResponders();
    }
    this.#events.send('started', started);
    if (this.#command.taskName === 'approval') return this.#approve();
    // Until a webhook has told how many answers it asked for, the first one would end the task.
    if (executor.kind !== 'webhook') this.#run.responders.open(this.#triggered.id);
    const finished = await this.#execute(executor);
    if (finished.answersExpected !== undefined) return this.#waitForAnswers(finished.answersExpected);
    if (finished.event !== undefined) this.#events.send('finished', finished.event);
    else this.#events.emitFinished(finishedData(finished));
  }

  /** Records the task and asks who carries it out; undefined when it is errored already, because nobody can. */
  async #begin(started: KeptnEvent): Promise<Executor | undefined> {
    const { taskName, waitsForApproval } = this.#command;
    const properties = this.#triggered.data[taskName];
    const record = this.#run.journal.take();
    try {
      return await records.beginTask({
        ...record,
        task: taskName,
        properties: isJsonObject(properties) ? properties : {},
        triggered: this.#triggered,
        started,
        ...(waitsForApproval ? { open: [this.#triggered.id] } : {}),
        state: { state: waitsForApproval ? 'waitingForApproval' : 'started' },
      });
    } catch (error) {
      if (isCancellation(error)) throw error;
      for (const event of [...record.events, this.#triggered, started]) this.#run.journal.note(event);
      this.#events.send('started', started);
      this.#events.emitFinished(finishedData(erroredTask(error)));
      return undefined;
    }
  }

  async #execute(executor: Executor): Promise<BuiltinResult> {
    try {
      refuseTooLarge(this.#triggered);
      return await this.#carryOutBy(executor);
    } catch (error) {
      if (isCancellation(error)) throw error;
      return erroredTask(error);
    }
  }

  async #carryOutBy(executor: Executor): Promise<BuiltinResult> {
    const { taskName } = this.#command;
    const triggered = this.#triggered;
    switch (executor.kind) {
      case 'job':
        return tool(`jobs of job/config.yaml for ${taskName}`).runJobs({ triggered });
      case 'webhook':
        return tool(`webhook for ${taskName}`).runWebhook({ triggered });
      case 'worker':
        return externalWorker({
          taskQueue: executor.taskQueue,
          taskName,
          triggered,
          timeouts: this.#timeouts,
        });
      case 'builtin':
      case 'responders': {
        const execute = builtinExecutor(taskName);
        if (execute === undefined) throw new Error(`Slipway has no executor of its own for task ${taskName}`);
        const { project, stage, service, keptnContext } = this.#run.scope;
        const gitCommitId = this.#run.request.input.gitCommitId ?? '';
        const { compensations } = this.#run;
        const scope = { project, stage, service, keptnContext, gitCommitId };
        return execute({
          ...scope,
          triggered,
          timeouts: this.#timeouts,
          compensations,
          show: (message) => this.#run.show(triggered.id, { message }),
          record: (events) => this.#run.journal.record(events),
          newEvent: this.#run.newEvent,
        });
      }
    }
  }

  /** Approvals are decided by rule, or stay open until a person, an event or an abort ends them. */
  async #approve(): Promise<void> {
    const decision = decideApproval(this.#triggered.data);
    if (decision.kind === 'automatic') {
      this.#events.emitFinished({ status: 'succeeded', result: decision.result });
      return;
    }
    const policy = approvalPolicy(this.#triggered.data);
    this.#run.approval.open(this.#triggered.id, policy);
    // Only now: an approval.finished event must not go round the policy.
    this.#run.responders.open(this.#triggered.id);
    if (policy.deadlineMs === undefined) return;
    await sleep(policy.deadlineMs, { summary: `deadline of the approval: ${policy.deadlineDecision}` });
    this.#run.approval.deadline();
  }

  #waitForResponders(): Promise<void> {
    return waitForResponders({
      taskName: this.#command.taskName,
      triggeredId: this.#triggered.id,
      timeouts: this.#timeouts,
      isAnswered: () => this.#answered,
      push: (message) => this.#run.push(message),
    });
  }

  /** A webhook's other side answers by itself: one `.finished` for each request, and each request counts as started. */
  async #waitForAnswers(expected: number): Promise<void> {
    for (let more = 1; more < expected; more++) this.#events.emitStarted();
    this.#answered = true;
    this.#run.responders.open(this.#triggered.id);
    return this.#waitForResponders();
  }

  get #timeouts(): DefaultTimeouts {
    return { ...this.#run.request.defaults, ...this.#command.timeouts };
  }
}
