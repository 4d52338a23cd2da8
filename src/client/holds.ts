import type { KeptnEvent } from '../contracts/events.ts';
import type { SequenceRequest } from '../contracts/workflows.ts';
import { refusedByFreeze } from '../sequence/freeze.ts';
import type { Store } from '../store/store.ts';
import { readLine } from './line.ts';

/** What a trigger meets: nothing, a refusal, or `paused` for a run that is enqueued and waits. */
export interface Hold {
  refusal?: string;
  paused?: boolean;
}

/** What holds new sequences back: a stopped line of the project, a freeze window of the stage. */
export class Holds {
  readonly #store: Pick<Store, 'events' | 'sequenceStates'>;

  constructor(store: Pick<Store, 'events' | 'sequenceStates'>) {
    this.#store = store;
  }

  /**
   * What a trigger meets: a refusal, as the message of its finished event; `paused` for a sequence of a run that began
   * before the line was stopped; or nothing. A window is judged at the time of the event, so that a repeated trigger
   * gets the same answer.
   */
  async on(event: KeptnEvent, { input, shipyard }: SequenceRequest): Promise<Hold> {
    const { project, stage, sequence, tasks } = input;
    const unable = `Unable to start sequence ${sequence}`;
    const windows = shipyard.stages.find(({ name }) => name === stage)?.freeze ?? [];
    const sent = Date.parse(event.time);
    const now = Number.isNaN(sent) ? Date.now() : sent;
    const frozen = refusedByFreeze(windows, { stage, tasks, data: event.data, now });
    if (frozen !== undefined) return { refusal: `${unable}: ${frozen}` };
    const line = await readLine(this.#store, project);
    if (line.state === 'running') return {};
    if (await this.#hasBegun(event)) return { paused: true };
    const who = line.by === undefined ? '' : ` by ${line.by}`;
    const why = line.reason === undefined ? '' : ` (${line.reason})`;
    return {
      refusal: `${unable}: the line of project ${project} was stopped${who}${why}; trigger it again after \`slipway resume-line\``,
    };
  }

  async #hasBegun({ data, shkeptncontext }: KeptnEvent): Promise<boolean> {
    const query = { project: data.project, keptnContext: shkeptncontext, limit: 1, offset: 0 };
    return (await this.#store.sequenceStates(query)).length > 0;
  }
}
