import type { KeptnEvent } from '../contracts/events.ts';
import { fieldInAnyCase } from '../contracts/json.ts';
import { refusedStart } from '../sequence/start-limits.ts';
import type { StartLimits } from '../sequence/types.ts';
import type { Store } from '../store/store.ts';
import type { TriggerTarget } from './pinned-request.ts';

/** Type of the events that tell how a problem stands (dynatrace-service). */
export const PROBLEM_EVENT = 'sh.keptn.events.problem';

/** Newest triggers of a sequence that its limits are judged by. */
const MAX_STARTS = 500;
/** Newest events about one problem that are looked at. */
const MAX_PROBLEM_EVENTS = 100;

/** Decides whether a trigger may start its sequence; asked again for the same trigger it answers the same. */
export class Admission {
  readonly #store: Pick<Store, 'events'>;

  constructor(store: Pick<Store, 'events'>) {
    this.#store = store;
  }

  /** Why a stored trigger may not start its sequence, as the message of its finished event; undefined when it may. */
  async refusal(
    event: KeptnEvent,
    { stage, sequence }: TriggerTarget,
    limits: StartLimits,
  ): Promise<string | undefined> {
    const reason = (await this.problemIsClosed(event))
      ? 'the problem was closed'
      : await this.#overLimit(event, stage, limits);
    return reason === undefined ? undefined : `Unable to start sequence ${sequence}: ${reason}`;
  }

  /** True when the event is about a problem that no longer exists. */
  async problemIsClosed({ data, shkeptncontext }: KeptnEvent): Promise<boolean> {
    if (!('problem' in data)) return false;
    const { events } = await this.#store.events({
      project: data.project,
      keptnContext: shkeptncontext,
      type: PROBLEM_EVENT,
      limit: MAX_PROBLEM_EVENTS,
      offset: 0,
    });
    return events.some((told) => /^(closed|resolved)$/i.test(String(fieldInAnyCase(told.data, 'State'))));
  }

  async #overLimit(event: KeptnEvent, stage: string, limits: StartLimits): Promise<string | undefined> {
    if (limits.cooldownMs === undefined && limits.maxPerHour === undefined) return undefined;
    const { project, service } = event.data;
    const { events } = await this.#store.events({
      project,
      service,
      stage,
      type: event.type,
      limit: MAX_STARTS,
      offset: 0,
    });
    const inOrder = events.toReversed();
    const place = inOrder.findIndex(({ id }) => id === event.id);
    const starts = inOrder.slice(0, place < 0 ? undefined : place + 1).map((trigger) => ({
      keptnContext: trigger.shkeptncontext,
      time: Date.parse(trigger.time),
    }));
    return refusedStart(limits, starts);
  }
}
