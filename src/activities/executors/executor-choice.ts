import { ApplicationFailure } from '@temporalio/common';
import type { BeginTaskRequest, Executor } from '../../contracts/activities.ts';
import type { KeptnEvent } from '../../contracts/events.ts';
import { externalTaskQueue } from '../../contracts/task-queues.ts';
import type { Webhook } from '../../files/webhook.ts';
import type { Store } from '../../store/store.ts';
import type { ScopedFiles } from '../config/scoped-files.ts';
import { isTerminal } from './effect-context.ts';
import { jobActions } from './job-config.ts';
import { objectAt, textAt } from './payload.ts';
import { subscribers } from './registrations.ts';
import { readWebhooks } from './webhook-config.ts';

/** Tasks that were part of Keptn's core: nobody else carries them out. */
const CORE: ReadonlySet<string> = new Set(['evaluation', 'approval', 'get-action']);
/** Tasks that Slipway carries out unless an integration is subscribed to them. */
const BUILTIN: ReadonlySet<string> = new Set(['deployment', 'test', 'release', 'rollback', 'action']);
/** The one action that Slipway carries out itself (helm-service 0.18). */
const BUILTIN_ACTION = 'scaling';
/** Milliseconds for which the answer of a task queue is taken as it is. */
const POLLERS_LIFETIME_MS = 5_000;

interface ChoiceDependencies {
  store: Store;
  files: ScopedFiles;
  hasPollers?: ((taskQueue: string) => Promise<boolean>) | undefined;
  now?: () => number;
}

/** Whom the project's files name for a task. */
interface Configured {
  executor: Executor;
  /** False for those who only hear of the task: silent actions, and webhooks that send neither started nor finished. */
  answers: boolean;
}

/** Decides who carries out a task. */
export class ExecutorChoice {
  readonly #store: Store;
  readonly #files: ScopedFiles;
  readonly #hasPollers: ((taskQueue: string) => Promise<boolean>) | undefined;
  readonly #now: () => number;
  readonly #pollers = new Map<string, { polled: boolean; until: number }>();

  constructor({ store, files, hasPollers, now = Date.now }: ChoiceDependencies) {
    this.#store = store;
    this.#files = files;
    this.#hasPollers = hasPollers;
    this.#now = now;
  }

  /**
   * In this order: the task's property `x-executor` (builtin, external or worker); Keptn's core tasks; job/config.yaml;
   * webhook/webhook.yaml; Temporal workers on `slipway-task-<task>`; an integration subscribed to exactly this event;
   * the built-in executor; whoever answers the event; silent actions and webhooks that only tell of the task. A wildcard
   * subscription does not take a built-in task away, because notification services subscribe so without ever answering. A job
   * or webhook file that is broken counts as one that names the task, so that the task fails with the place of the error
   * instead of running another way.
   * Throws a non-retryable failure of type `UnknownExecutor` for another value of `x-executor`.
   */
  async of(request: Pick<BeginTaskRequest, 'task' | 'properties' | 'triggered'>): Promise<Executor> {
    const { task, properties, triggered } = request;
    const asked = properties['x-executor'];
    if (asked !== undefined) return this.#asked(asked, task, triggered);
    if (CORE.has(task)) return { kind: 'builtin' };
    const configured = await this.#configured(triggered);
    if (configured?.answers) return configured.executor;
    if (await this.#polled(externalTaskQueue(task))) return worker(task);
    const found = await subscribers(this.#store, triggered, this.#now());
    const takenOver = found.some(({ exact }) => exact);
    if (isBuiltin(task, triggered) && !takenOver) return { kind: 'builtin' };
    // Nobody but those who never answer: they end the task as soon as they have run, so that nothing waits in vain.
    if (found.length === 0 && configured !== undefined) return configured.executor;
    return { kind: 'responders', names: found.map(({ name }) => name) };
  }

  async #asked(asked: unknown, task: string, triggered: KeptnEvent): Promise<Executor> {
    if (asked === 'worker') return this.#worker(task);
    if (asked === 'external') {
      const found = await subscribers(this.#store, triggered, this.#now());
      return { kind: 'responders', names: found.map(({ name }) => name) };
    }
    if (asked === 'builtin') return { kind: 'builtin' };
    throw ApplicationFailure.nonRetryable(
      `The property x-executor of task ${task} in stage ${triggered.data.stage} is ${JSON.stringify(asked)}: ` +
        'write builtin, external or worker',
      'UnknownExecutor',
    );
  }

  /** A task that only a worker may carry out waits for one; that nobody polls is told at once. */
  async #worker(task: string): Promise<Executor> {
    const known = this.#hasPollers === undefined || (await this.#polled(externalTaskQueue(task)));
    return known ? worker(task) : { ...worker(task), absent: true };
  }

  async #configured(triggered: KeptnEvent): Promise<Configured | undefined> {
    const actions = await unlessBroken(() => jobActions(this.#files, triggered));
    const webhooks = await unlessBroken(() => readWebhooks(this.#files, triggered));
    const job: Executor = { kind: 'job' };
    if (actions === 'broken') return { executor: job, answers: true };
    if (actions.some((action) => !action.silent)) return { executor: job, answers: true };
    const webhook: Executor = { kind: 'webhook' };
    if (webhooks === 'broken') return { executor: webhook, answers: true };
    if (webhooks.some(answersForTask)) return { executor: webhook, answers: true };
    if (actions.length > 0) return { executor: job, answers: false };
    return webhooks.length > 0 ? { executor: webhook, answers: false } : undefined;
  }

  async #polled(taskQueue: string): Promise<boolean> {
    if (this.#hasPollers === undefined) return false;
    const known = this.#pollers.get(taskQueue);
    if (known !== undefined && known.until > this.#now()) return known.polled;
    const polled = await this.#hasPollers(taskQueue);
    this.#pollers.set(taskQueue, { polled, until: this.#now() + POLLERS_LIFETIME_MS });
    return polled;
  }
}

/** A webhook that sends neither event tells somebody of the task and leaves it to others (webhook-service 1.4.5). */
function answersForTask({ sendStarted, sendFinished }: Webhook): boolean {
  return sendStarted || sendFinished;
}

async function unlessBroken<T>(read: () => Promise<T>): Promise<T | 'broken'> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && isTerminal(error)) return 'broken';
    throw error;
  }
}

function worker(task: string): Extract<Executor, { kind: 'worker' }> {
  return { kind: 'worker', taskQueue: externalTaskQueue(task) };
}

function isBuiltin(task: string, { data }: KeptnEvent): boolean {
  if (task === 'action') return textAt(objectAt(data, 'action'), 'action') === BUILTIN_ACTION;
  return BUILTIN.has(task);
}
