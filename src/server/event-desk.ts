import type { Logger } from 'pino';
import type { ConfigRepo } from '../activities/config/config-repo.ts';
import { type KeptnEvent, parseEventType } from '../contracts/events.ts';
import { isJsonObject } from '../contracts/json.ts';
import type { OpenTrigger, Store } from '../store/store.ts';
import type { AlertRules } from './alert-rules.ts';
import { ApiError } from './errors.ts';
import { purposeOf } from './event-rules.ts';
import { configureMonitoring } from './monitoring.ts';
import { actOnProblem } from './problems.ts';
import { type Runs, RunsUnavailableError, SequenceNotStartableError } from './runs.ts';
import { finishUnstarted } from './unstarted.ts';

/** Events younger than this are still being handed over by the request that brought them. */
const REDELIVERY_AGE_MS = 5_000;
const REDELIVERY_BATCH = 100;

export interface EventDeskOptions {
  store: Store;
  runs: Runs;
  config: ConfigRepo;
  alertRules?: AlertRules | undefined;
  logger: Logger;
  now: () => Date;
}

/**
 * Where events come in: each is stored first and handed to the engine afterwards; what could not be handed over is tried again
 * by redeliver, so that a crash between the two loses nothing.
 */
export class EventDesk {
  readonly #options: EventDeskOptions;

  constructor(options: EventDeskOptions) {
    this.#options = options;
  }

  /** Checks an event from outside, stores it and acts on it; throws ApiError, RunsUnavailableError. */
  async accept(event: KeptnEvent): Promise<void> {
    const { store } = this.#options;
    switch (purposeOf(event)) {
      case 'trigger':
        await this.requireService(event.data);
        await this.start(event);
        return;
      case 'task':
        await this.#requireProject(event.data.project);
        await this.#answerTask(event);
        return;
      case 'invalidation':
        await store.appendEvents([event]);
        if (event.triggeredid) await store.invalidate(event.triggeredid, invalidationReason(event));
        return;
      case 'monitoring':
        await this.#requireProject(event.data.project);
        await configureMonitoring(this.#options, event);
        return;
      case 'problem':
        await actOnProblem(this.#options, this, event);
        return;
      case 'log':
        await store.appendLogs([
          {
            integrationid: text(event.data.integrationid) || event.source,
            message: text(event.data.message),
            task: text(event.data.task),
            shkeptncontext: event.shkeptncontext,
            triggeredid: event.triggeredid ?? '',
          },
        ]);
        return;
    }
  }

  /**
   * Stores a `<stage>.<sequence>.triggered` event and starts its sequence; answers false when that was done already. One
   * that cannot start ends at once with Keptn's finished event. When the engine is away the event is taken back.
   */
  async start(event: KeptnEvent): Promise<boolean> {
    const { store } = this.#options;
    const added = await store.appendEvents([event], { deliver: [event.id] });
    // Stored, but not handed over: the process that had it has died in between.
    const left = added.length === 0 && (await store.undelivered(REDELIVERY_BATCH));
    if (left !== false && !left.some(({ id }) => id === event.id)) return false;
    try {
      await this.#startStored(event);
    } catch (error) {
      await store.withdrawEvent(event.id);
      throw error;
    }
    return true;
  }

  /** Hands over what is left from requests that could not; answers how many events went through. */
  async redeliver(): Promise<number> {
    const { store, logger, now } = this.#options;
    const due = (await store.undelivered(REDELIVERY_BATCH)).filter(
      (event) => now().getTime() - Date.parse(event.time) > REDELIVERY_AGE_MS,
    );
    let delivered = 0;
    for (const event of due) {
      try {
        if (event.type.endsWith('.triggered')) await this.#startStored(event);
        else await this.#deliverAnswer(event);
        delivered += 1;
      } catch (error) {
        logger.warn({ err: error, eventId: event.id, type: event.type }, 'an event waits for its delivery');
        if (error instanceof RunsUnavailableError) break;
      }
    }
    return delivered;
  }

  async #startStored(event: KeptnEvent): Promise<void> {
    const { store, runs } = this.#options;
    try {
      await runs.trigger(event);
    } catch (error) {
      if (!(error instanceof SequenceNotStartableError)) throw error;
      await finishUnstarted(store, event, { message: error.message, now: this.#options.now() });
    }
    await store.markDelivered([event.id]);
  }

  /** The answer of a task is kept in any case; a trigger that nobody waits for any more is ignored, as Keptn does. */
  async #answerTask(event: KeptnEvent): Promise<void> {
    const { store, logger } = this.#options;
    await store.appendEvents([event], { deliver: [event.id] });
    try {
      await this.#deliverAnswer(event);
    } catch (error) {
      logger.warn({ err: error, eventId: event.id, type: event.type }, 'an answer waits for its delivery');
    }
  }

  async #deliverAnswer(event: KeptnEvent): Promise<void> {
    const { store, runs } = this.#options;
    const [open] = event.triggeredid ? await store.openTriggers({ eventId: event.triggeredid }) : [];
    if (open && answers(event, open)) await runs.taskEvent(event, open);
    // No run takes it: written without a hand-over, only those who listen hear of it.
    else await store.appendEvents([event]);
    await store.markDelivered([event.id]);
  }

  /**
   * Throws ApiError 400 for an unknown project or service. An unknown stage or sequence is accepted and its sequence ends
   * errored, as in Keptn.
   */
  async requireService({ project, service }: { project: string; service: string }): Promise<void> {
    await this.#requireProject(project);
    const services = await this.#options.store.services(project);
    if (services.some((known) => known.name === service)) return;
    throw new ApiError(400, `service not found: ${service} in project ${project}. Create it first.`);
  }

  async #requireProject(project: string): Promise<void> {
    if (await this.#options.store.project(project)) return;
    throw new ApiError(400, `project not found: ${project}`);
  }
}

/** Same context, project and task as the trigger: an answer cannot be smuggled into somebody else's run. */
function answers(event: KeptnEvent, { event: triggered }: OpenTrigger): boolean {
  const answered = parseEventType(event.type);
  const asked = parseEventType(triggered.type);
  return (
    answered?.of === 'task' &&
    asked?.of === 'task' &&
    answered.task === asked.task &&
    event.shkeptncontext === triggered.shkeptncontext &&
    event.data.project === triggered.data.project
  );
}

function invalidationReason({ data }: KeptnEvent): string {
  return isJsonObject(data.evaluation) ? text(data.evaluation.reason) : '';
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
