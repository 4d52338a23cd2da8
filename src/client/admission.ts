import type { KeptnEvent } from '../contracts/events.ts';
import { fieldInAnyCase } from '../contracts/json.ts';
import type { StartLimits } from '../sequence/types.ts';
import type { Store } from '../store/store.ts';
import type { TriggerTarget } from './pinned-request.ts';
import type { Starts } from './starts.ts';

/** Type of the events that tell how a problem stands (dynatrace-service). */
export const PROBLEM_EVENT = 'sh.keptn.events.problem';

/** Newest events about one problem that are looked at. */
const MAX_PROBLEM_EVENTS = 100;

/** Decides whether a placed trigger may start its sequence; asked again for the same trigger it answers the same. */
export class Admission {
  readonly #store: Pick<Store, 'events'>;
  readonly #starts: Starts;

  constructor(store: Pick<Store, 'events'>, starts: Starts) {
    this.#store = store;
    this.#starts = starts;
  }

  /** Why a trigger may not start its sequence, as the message of its finished event; undefined when it may. */
  async refusal(event: KeptnEvent, target: TriggerTarget, limits: StartLimits): Promise<string | undefined> {
    const reason = (await this.problemIsClosed(event))
      ? 'the problem was closed'
      : await this.#starts.overLimit(event, target, limits);
    return reason === undefined ? undefined : `Unable to start sequence ${target.sequence}: ${reason}`;
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
}
