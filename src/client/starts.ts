import { setTimeout as delay } from 'node:timers/promises';
import type { KeptnEvent } from '../contracts/events.ts';
import type { SequenceRequest } from '../contracts/workflows.ts';
import { refusedStart } from '../sequence/start-limits.ts';
import { isEnd } from '../sequence/state-view.ts';
import { type Group, groupsAhead } from '../sequence/together.ts';
import type { StartLimits } from '../sequence/types.ts';
import type { SequenceStateRow, Store } from '../store/store.ts';
import { RefusedError } from './errors.ts';
import type { TriggerTarget } from './pinned-request.ts';

/** Most triggers of one sequence in one context that are counted; those after MAX_OCCURRENCES are refused anyway. */
const MAX_COUNTED = 1_000;
/** Newest triggers of a sequence that its limits are judged by. */
const MAX_STARTS = 500;
/** Newest triggers of groups in a stage that may still be on their way. */
const MAX_GROUP_STARTS = 200;
/** Milliseconds in which an older group has to bring a service to its queue before a younger one is refused. */
const PATIENCE_MS = 5_000;
const POLL_MS = 50;
/**
 * Triggers of sequences in the order in which they were taken. That order never changes, whatever times the events carry and
 * however many servers take them, so that what follows from it (number of the round, limits, which group is older) is the same
 * for a trigger whenever it is asked again.
 */
export class Starts {
  readonly #store: Pick<Store, 'placeStart' | 'sequenceStarts' | 'sequenceStates'>;

  constructor(store: Pick<Store, 'placeStart' | 'sequenceStarts' | 'sequenceStates'>) {
    this.#store = store;
  }

  /** Gives a trigger its place, once, and answers its number among those of the same sequence and context. Throws RefusedError. */
  async place(event: KeptnEvent, target: TriggerTarget, together: Group | undefined): Promise<number> {
    const { project, service } = event.data;
    const { id: eventId, shkeptncontext: keptnContext } = event;
    const time = Number.isNaN(Date.parse(event.time)) ? new Date().toISOString() : event.time;
    await this.#store.placeStart({
      ...{ eventId, project, service, keptnContext, ...target, time },
      ...(together === undefined ? {} : { together }),
    });
    const starts = await this.#store.sequenceStarts({ project, keptnContext, ...target, limit: MAX_COUNTED });
    const number = starts.findIndex((start) => start.eventId === eventId) + 1;
    if (number > 0 && starts.length < MAX_COUNTED) return number;
    throw new RefusedError(
      `context ${keptnContext} has triggered ${event.type} ${MAX_COUNTED} times`,
      'a sequence triggers itself without end: correct triggeredOn in shipyard.yaml',
    );
  }

  /** Why its limits keep a placed trigger from starting its sequence; of two at the same instant the one placed first starts. */
  async overLimit(
    event: KeptnEvent,
    target: TriggerTarget,
    limits: StartLimits,
  ): Promise<string | undefined> {
    if (limits.cooldownMs === undefined && limits.maxPerHour === undefined) return undefined;
    const { project, service } = event.data;
    const starts = await this.#store.sequenceStarts({ project, service, ...target, limit: MAX_STARTS });
    const place = starts.findIndex(({ eventId }) => eventId === event.id);
    const judged = starts
      .slice(0, place + 1)
      .filter(({ withdrawn, eventId }) => !withdrawn || eventId === event.id)
      .map(({ keptnContext, time }) => ({ keptnContext, time: Date.parse(time) }));
    return refusedStart(limits, judged);
  }

  /**
   * Waits a few seconds until the older groups that want the same service are in its queue; answers why this one cannot start
   * when one of them does not come. So two groups never wait for each other.
   */
  async crossing(event: KeptnEvent, { together, input }: SequenceRequest): Promise<string | undefined> {
    if (together === undefined) return undefined;
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const [ahead] = await this.#ahead(event, input.stage);
      if (ahead === undefined) return undefined;
      if (Date.now() > deadline) {
        return (
          `the group of ${ahead.services.join(', ')} was triggered before and has not come to ${input.service} yet; ` +
          'trigger all services of this group again when that one is done'
        );
      }
      await delay(POLL_MS);
    }
  }

  async #ahead({ id, data }: KeptnEvent, stage: string): Promise<Group[]> {
    const { project } = data;
    const rows = await this.#store.sequenceStarts({
      project,
      stage,
      together: true,
      limit: MAX_GROUP_STARTS,
    });
    const keptnContexts = [...new Set(rows.map(({ keptnContext }) => keptnContext))];
    const states = await this.#store.sequenceStates({
      ...{ project, stage, keptnContexts },
      ...{ limit: MAX_COUNTED, offset: 0 },
    });
    const starts = rows.flatMap(({ together, withdrawn, ...row }) => {
      if (together === undefined || withdrawn) return [];
      const runs = states.filter((state) => isOf(state, row));
      const ended = runs.some(({ state }) => isEnd(state));
      return [{ ...row, group: together, placed: runs.length > 0, ended }];
    });
    return groupsAhead(starts, id);
  }
}

function isOf(
  state: SequenceStateRow,
  row: Pick<SequenceStateRow, 'keptnContext' | 'service' | 'sequence'>,
): boolean {
  return (
    state.keptnContext === row.keptnContext &&
    state.service === row.service &&
    state.sequence === row.sequence
  );
}
