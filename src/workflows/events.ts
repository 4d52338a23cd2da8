import { getRandomStream } from '@temporalio/workflow';
import { type EventData, KEPTN_SPEC_VERSION, type KeptnEvent } from '../contracts/events.ts';
import type { JsonObject } from '../contracts/json.ts';

/** What is particular to one event; the rest is the same for all events of a run. */
export interface EventParts {
  type: string;
  source: string;
  data: JsonObject;
  triggeredId?: string;
  /** Chosen by the caller where the id is known beforehand. */
  id?: string;
}

/**
 * An id that belongs to what it names and not to how many ids were made before it. A worker that dies may have stored
 * an event already; when the step is done again after a signal came in between, the same happening must get the same
 * id, and another one must not get it: the store keeps the first event of an id and drops the second.
 */
export function idOf(happening: string): string {
  return getRandomStream(`slipway/${happening}`).uuid4();
}

/** Makes the events of one run: ids and times come from the workflow, so a replay makes the same ones. */
export function eventMaker(keptnContext: string, gitCommitId: string): (parts: EventParts) => KeptnEvent {
  return ({ type, source, data, triggeredId, id }) => ({
    id: id ?? idOf(`${type}/${triggeredId ?? ''}`),
    type,
    source,
    specversion: '1.0',
    contenttype: 'application/json',
    time: new Date().toISOString(),
    shkeptncontext: keptnContext,
    shkeptnspecversion: KEPTN_SPEC_VERSION,
    ...(triggeredId === undefined ? {} : { triggeredid: triggeredId }),
    ...(gitCommitId === '' ? {} : { gitcommitid: gitCommitId }),
    data: data as EventData,
  });
}
