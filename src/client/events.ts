import { randomUUID } from 'node:crypto';
import type { EventData, KeptnEvent } from '../contracts/events.ts';
import { contextAnswer, eventsPage } from './answers.ts';
import { RefusedError } from './errors.ts';
import type { ApiHttp } from './http.ts';
import { fetchAll } from './paging.ts';

/** What to look for in the stored events; every part narrows. */
export interface EventFilter {
  project?: string | undefined;
  stage?: string | undefined;
  service?: string | undefined;
  /** For example `sh.keptn.event.evaluation.finished`. */
  type?: string | undefined;
  keptnContext?: string | undefined;
  eventId?: string | undefined;
  /** Only events strictly later, RFC 3339. */
  fromTime?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** An event to be sent; the API sets id and time itself (Keptn 1.4.5). */
export interface NewEvent {
  type: string;
  /** Default `slipway`. */
  source?: string;
  shkeptncontext?: string;
  triggeredid?: string;
  gitcommitid?: string;
  data: Partial<EventData>;
}

/** Names that `slipway` writes as the source of its events. */
export const CLIENT_SOURCE = 'slipway';

/** Stored events, newest first. */
export function listEvents(http: ApiHttp, filter: EventFilter): Promise<KeptnEvent[]> {
  const { signal, eventId, ...rest } = filter;
  const query = { ...rest, eventID: eventId, pageSize: 100 };
  return fetchAll(
    http,
    { path: ['mongodb-datastore', 'event'], query, answer: eventsPage, signal },
    (page) => page.events,
  );
}

/** Sends an event, again when the server dies meanwhile: it is taken once. Answers its Keptn context. */
export async function sendEvent(http: ApiHttp, event: NewEvent): Promise<{ keptnContext: string }> {
  const id = randomUUID();
  const body = {
    id,
    time: new Date().toISOString(),
    specversion: '1.0',
    contenttype: 'application/json',
    source: CLIENT_SOURCE,
    ...event,
  };
  return http.send({
    method: 'POST',
    path: ['v1', 'event'],
    body,
    answer: contextAnswer,
    idempotencyKey: id,
  });
}

/** `.triggered` events of a type that still wait for an answer. */
export function listOpen(
  http: ApiHttp,
  type: string,
  filter: Pick<EventFilter, 'project' | 'stage' | 'service'>,
): Promise<KeptnEvent[]> {
  const path = ['controlPlane', 'v1', 'event', 'triggered', type];
  return fetchAll(http, { path, query: { ...filter }, answer: eventsPage }, (page) => page.events);
}

/** Which evaluations to list. */
export interface EvaluationFilter {
  project: string;
  stage?: string | undefined;
  service?: string | undefined;
  keptnContext?: string | undefined;
  /** Any of these results. */
  results?: readonly string[] | undefined;
  /** Key of letters, digits, dots, dashes and underscores; a value without commas. */
  label?: { key: string; value: string } | undefined;
  /** Only evaluations strictly later, RFC 3339. */
  fromTime?: string | undefined;
  beforeTime?: string | undefined;
  /** Newest so many. Default 20, at most 100. */
  limit?: number | undefined;
}

/** evaluation.finished events without the invalidated ones, newest first. */
export async function listEvaluations(http: ApiHttp, filter: EvaluationFilter): Promise<KeptnEvent[]> {
  const { limit = 20, keptnContext, results, label, fromTime, beforeTime, ...scope } = filter;
  if (limit < 1 || limit > 100 || !Number.isInteger(limit)) {
    throw new RefusedError(`the limit ${limit} is not between 1 and 100`, 'ask for 1 to 100 evaluations');
  }
  // The datastore's filter grammar: `data.project:x AND data.stage:y` (Keptn 1.4.5).
  const parts = Object.entries(scope).flatMap(([key, value]) =>
    value === undefined ? [] : [`data.${key}:${value}`],
  );
  if (results !== undefined) parts.push(`data.result:${results.join(',')}`);
  if (label !== undefined) parts.push(labelFilter(label));
  if (keptnContext !== undefined) parts.push(`shkeptncontext:${keptnContext}`);
  const page = await http.send({
    method: 'GET',
    path: ['mongodb-datastore', 'event', 'type', 'sh.keptn.event.evaluation.finished'],
    query: { filter: parts.join(' AND '), excludeInvalidated: true, limit, fromTime, beforeTime },
    answer: eventsPage,
  });
  return page.events;
}

/** The datastore's grammar has no quotes: what it would read as something else is refused. */
function labelFilter({ key, value }: { key: string; value: string }): string {
  if (/^[\w.-]+$/.test(key) && !value.includes(',') && !value.includes(' AND ') && value === value.trim()) {
    return `data.labels.${key}:${value}`;
  }
  throw new RefusedError(`the label ${key}=${value} cannot be asked for`, 'ask for another one');
}
