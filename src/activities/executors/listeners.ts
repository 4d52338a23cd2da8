import type { Logger } from 'pino';
import type { Executor } from '../../contracts/activities.ts';
import { type KeptnEvent, parseEventType } from '../../contracts/events.ts';
import type { ReactionInput } from '../../contracts/workflows.ts';
import { ConfigNotFoundError } from '../config/errors.ts';
import type { ScopedFiles } from '../config/scoped-files.ts';
import { isTerminal } from './effect-context.ts';
import { jobActions } from './job-config.ts';
import { readWebhooks } from './webhook-config.ts';

/**
 * True for `sh.keptn.event.<task>.triggered`: its listeners depend on who carries the task out. The gate's own question get-sli
 * is no task of a sequence.
 */
export function isTaskTrigger({ type }: Pick<KeptnEvent, 'type'>): boolean {
  const parsed = parseEventType(type);
  return parsed?.of === 'task' && parsed.kind === 'triggered' && parsed.task !== 'get-sli';
}

/**
 * Finds the jobs and webhooks that hear of an event without answering it: job-executor-service and webhook-service 1.4.5 acted on
 * every event that their files name. A broken file is logged and has no listeners; its tasks fail with the place.
 */
export class Listeners {
  readonly #files: ScopedFiles;
  readonly #logger: Logger;

  constructor(files: ScopedFiles, logger: Logger) {
    this.#files = files;
    this.#logger = logger;
  }

  /** Who hears of an event that asks nobody for an answer; undefined when nobody does. */
  async of(event: KeptnEvent): Promise<ReactionInput | undefined> {
    const { project, stage, service } = event.data;
    if (!project || !stage || !service) return undefined;
    const jobs = await this.#any(event, () => jobActions(this.#files, event));
    const webhooks = await this.#any(event, () => readWebhooks(this.#files, event));
    return jobs || webhooks ? { event, jobs, webhooks } : undefined;
  }

  /** Who hears of a task beside the executor that answers for it. */
  async ofTask(triggered: KeptnEvent, executor: Executor): Promise<ReactionInput | undefined> {
    if (executor.kind === 'job') return undefined;
    const found = await this.of(triggered);
    if (found === undefined || executor.kind !== 'webhook') return found;
    return found.jobs ? { ...found, webhooks: false } : undefined;
  }

  async #any(event: KeptnEvent, find: () => Promise<readonly unknown[]>): Promise<boolean> {
    try {
      return (await find()).length > 0;
    } catch (error) {
      if (!(error instanceof Error) || !isTerminal(error)) throw error;
      // Events of a stage that is not there are told by their sequence's end.
      if (error instanceof ConfigNotFoundError) return false;
      this.#logger.warn({ err: error, type: event.type, eventId: event.id }, 'nobody is told of an event');
      return false;
    }
  }
}
