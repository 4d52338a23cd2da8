import {
  ActivityFailure,
  CancellationScope,
  condition,
  isCancellation,
  proxyActivities,
  sleep,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { Executor, TaskFinished } from '../contracts/activities.ts';
import { ENGINE_SOURCE, type KeptnEvent, taskEventType } from '../contracts/events.ts';
import { isJsonObject, type JsonObject } from '../contracts/json.ts';
import { decideApproval } from '../sequence/approval.ts';
import { approvalPolicy } from '../sequence/approval-policy.ts';
import { formatDuration } from '../sequence/duration.ts';
import type { TriggerTask } from '../sequence/types.ts';
import { records, tool } from './activity-proxies.ts';
import { erroredTask } from './failures.ts';
import { refuseTooLarge } from './payload-size.ts';
import type { SequenceRun } from './sequence-run.ts';
import { builtinExecutor, builtinSource } from './tasks/index.ts';
import type { BuiltinResult } from './tasks/task.ts';

/** One task of a run, from its `.triggered` event until all its responders have finished or the run ends. */
export class TaskRun {
  readonly #run: SequenceRun;
  readonly #command: TriggerTask;
  readonly #triggered: KeptnEvent;
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
    this.#emit('finished', data);
  }

  async #carryOut(): Promise<void> {
    const started = this.#event('started', this.#startedData());
    const executor = await this.#begin(started);
    if (executor === undefined) return;
    this.#run.show(this.#triggered.id, {
      state: this.#command.waitsForApproval ? 'waitingForApproval' : 'running',
      ...describe(executor, this.#command),
    });
    if (executor.kind === 'responders') {
      this.#run.takesAnswers(this.#triggered.id);
      return this.#waitForResponders();
    }
    this.#send('started', started);
    if (this.#command.taskName === 'approval') return this.#approve();
    // Until a webhook has told how many answers it asked for, the first one would end the task.
    if (executor.kind !== 'webhook') this.#run.takesAnswers(this.#triggered.id);
    const finished = await this.#execute(executor);
    if (finished.answersExpected !== undefined) return this.#waitForAnswers(finished.answersExpected);
    if (finished.event !== undefined) this.#send('finished', finished.event);
    else this.#emit('finished', finishedData(finished));
  }

  /** Records the task and asks who carries it out; undefined when it is errored already, because nobody can. */
  async #begin(started: KeptnEvent): Promise<Executor | undefined> {
    const { taskName, waitsForApproval } = this.#command;
    const properties = this.#triggered.data[taskName];
    const record = this.#run.takeRecord();
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
      for (const event of [...record.events, this.#triggered, started]) this.#run.note(event);
      this.#send('started', started);
      this.#emit('finished', finishedData(erroredTask(error)));
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
        return this.#externalWorker(executor.taskQueue);
      case 'builtin':
      case 'responders': {
        const execute = builtinExecutor(taskName);
        if (execute === undefined) throw new Error(`Slipway has no executor of its own for task ${taskName}`);
        const { project, stage, service, keptnContext } = this.#run.scope;
        const gitCommitId = this.#run.request.input.gitCommitId ?? '';
        const { compensations } = this.#run;
        const timeouts = { ...this.#run.request.defaults, ...this.#command.timeouts };
        const scope = { project, stage, service, keptnContext, gitCommitId };
        return execute({
          ...scope,
          triggered,
          timeouts,
          compensations,
          show: (message) => this.#run.show(triggered.id, { message }),
          record: (events) => this.#run.record(events),
          newEvent: this.#run.newEvent,
        });
      }
    }
  }

  /** The activity type is the task's name, its argument the event; it answers the data of `.finished`, or nothing. */
  async #externalWorker(taskQueue: string): Promise<TaskFinished> {
    const { taskName, timeouts } = this.#command;
    const { startedMs, finishedMs } = { ...this.#run.request.defaults, ...timeouts };
    const activities = proxyActivities<{ [task: string]: (event: KeptnEvent) => Promise<unknown> }>({
      taskQueue,
      startToCloseTimeout: finishedMs > 0 ? finishedMs : '365d',
      ...(startedMs > 0 ? { scheduleToStartTimeout: startedMs } : {}),
      retry: { maximumAttempts: 3 },
      summary: `task ${taskName} by a worker on ${taskQueue}`,
    });
    try {
      const answer = await activities[taskName]?.(this.#triggered);
      return workerAnswer(answer);
    } catch (error) {
      if (!isNeverTaken(error)) throw error;
      throw new Error(
        `no worker on the task queue ${taskQueue} took the task within ${formatDuration(startedMs)}: ` +
          `start one that offers the activity ${taskName}`,
      );
    }
  }

  /** Approvals are decided by rule, or stay open until a person, an event or an abort ends them. */
  async #approve(): Promise<void> {
    const decision = decideApproval(this.#triggered.data);
    if (decision.kind === 'automatic') {
      this.#emit('finished', { status: 'succeeded', result: decision.result });
      return;
    }
    const policy = approvalPolicy(this.#triggered.data);
    this.#run.approval.open(this.#triggered.id, policy);
    // Only now: an approval.finished event must not go round the policy.
    this.#run.takesAnswers(this.#triggered.id);
    if (policy.deadlineMs === undefined) return;
    await sleep(policy.deadlineMs, { summary: `deadline of the approval: ${policy.deadlineDecision}` });
    this.#run.approval.deadline();
  }

  async #waitForResponders(): Promise<void> {
    const { startedMs, finishedMs } = { ...this.#run.request.defaults, ...this.#command.timeouts };
    const { taskName } = this.#command;
    const triggeredId = this.#triggered.id;
    const summary = `wait for somebody to start task ${taskName}`;
    if (startedMs <= 0) await condition(() => this.#answered);
    else if (!(await condition(() => this.#answered, startedMs, { summary }))) {
      this.#run.push({ kind: 'timeout', waitingFor: 'started', triggeredId });
      return;
    }
    if (finishedMs <= 0) return;
    await sleep(finishedMs, { summary: `wait for task ${taskName} to be finished` });
    this.#run.push({ kind: 'timeout', waitingFor: 'finished', triggeredId });
  }

  /** A webhook's other side answers by itself: one `.finished` for each request, and each request counts as started. */
  async #waitForAnswers(expected: number): Promise<void> {
    for (let more = 1; more < expected; more++) this.#emit('started', this.#startedData());
    this.#answered = true;
    this.#run.takesAnswers(this.#triggered.id);
    return this.#waitForResponders();
  }

  #startedData(): JsonObject {
    const { taskName } = this.#command;
    if (taskName !== 'approval') return { status: 'succeeded' };
    return { status: 'succeeded', message: decideApproval(this.#triggered.data).message };
  }

  #event(kind: 'started' | 'finished', data: JsonObject): KeptnEvent {
    const { taskName } = this.#command;
    const { project, stage, service, labels } = this.#triggered.data;
    return this.#run.newEvent({
      type: taskEventType(taskName, kind),
      source: builtinSource(taskName),
      data: { project, stage, service, ...(labels === undefined ? {} : { labels }), ...data },
      triggeredId: this.#triggered.id,
    });
  }

  #emit(kind: 'started' | 'finished', data: JsonObject): void {
    const event = this.#event(kind, data);
    this.#run.note(event);
    this.#send(kind, event);
  }

  #send(kind: 'started' | 'finished', event: KeptnEvent): void {
    const { id, source, data } = event;
    this.#run.push({ kind, eventId: id, triggeredId: this.#triggered.id, source, data });
  }
}

function finishedData({ status, result, message, data }: TaskFinished): JsonObject {
  return { ...data, status, result, ...(message === '' ? {} : { message }) };
}

/** What a worker answered; without a word about them, result is pass and status succeeded. Anything unknown is a fail (Keptn 1.4.5). */
function workerAnswer(answer: unknown): TaskFinished {
  const data = isJsonObject(answer as JsonObject) ? (answer as JsonObject) : {};
  const { result = 'pass', status = 'succeeded', message } = data;
  return {
    result: result === 'pass' || result === 'warning' ? result : 'fail',
    status: status === 'succeeded' || status === 'errored' || status === 'aborted' ? status : 'unknown',
    message: typeof message === 'string' ? message : '',
    data,
  };
}

/** Who carries the task out, and who is missing when nobody does. */
function describe(
  executor: Executor,
  { taskName, waitsForApproval }: TriggerTask,
): { executor: string; missing?: string } {
  if (waitsForApproval) return { executor: 'a person: approve or decline' };
  switch (executor.kind) {
    case 'builtin':
      return { executor: builtinSource(taskName) };
    case 'job':
      return { executor: 'job/config.yaml' };
    case 'webhook':
      return { executor: 'webhook/webhook.yaml' };
    case 'worker':
      return executor.absent === true
        ? nobody(`no Temporal worker polls the task queue ${executor.taskQueue}`)
        : { executor: `worker on ${executor.taskQueue}` };
    case 'responders':
      return executor.names.length > 0
        ? { executor: executor.names.join(', ') }
        : nobody(`no integration, job, webhook or worker answers ${taskEventType(taskName, 'triggered')}`);
  }
}

function nobody(missing: string): { executor: string; missing: string } {
  return { executor: `nobody: ${missing}`, missing };
}

/** True when no worker has taken an activity in time, in contrast to one that did not end it in time. */
function isNeverTaken(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START';
}
