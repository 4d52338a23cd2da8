import type { JsonObject } from './json.ts';

/** Outcome of a task, a sequence or an evaluation (Keptn 1.4.5). */
export type Result = 'pass' | 'warning' | 'fail';

/** Whether the work itself could be done (Keptn 1.4.5). */
export type Status = 'succeeded' | 'errored' | 'unknown' | 'aborted';

/** The part of `data` that every Keptn event shares; task payloads stand beside it under the task's name. */
export interface EventData extends JsonObject {
  project: string;
  stage: string;
  service: string;
  labels?: { [key: string]: string };
  status?: Status;
  result?: Result;
  message?: string;
}

/** A Keptn event as stored and as answered by the API: a CloudEvent 1.0 with Keptn's extension attributes. */
export interface KeptnEvent {
  id: string;
  type: string;
  source: string;
  specversion: '1.0';
  contenttype: 'application/json';
  /** RFC 3339 with milliseconds and Z: the Keptn CLI's --watch cuts to milliseconds and asks for later ones. */
  time: string;
  shkeptncontext: string;
  shkeptnspecversion?: string;
  /** Id of the `.triggered` event that this one answers; absent on `.triggered` events themselves. */
  triggeredid?: string;
  gitcommitid?: string;
  data: EventData;
}

export type EventKind = 'triggered' | 'started' | 'finished' | 'invalidated' | 'status.changed';

/** Version of the Keptn specification that the engine writes into events. */
export const KEPTN_SPEC_VERSION = '0.2.4';

/** Source of the events that the engine itself emits, as Keptn's control plane named itself. */
export const ENGINE_SOURCE = 'shipyard-controller';

const PREFIX = 'sh.keptn.event.';

/** `sh.keptn.event.<task>.<kind>` */
export function taskEventType(task: string, kind: EventKind): string {
  return `${PREFIX}${task}.${kind}`;
}

/** `sh.keptn.event.<stage>.<sequence>.<kind>` */
export function sequenceEventType(stage: string, sequence: string, kind: EventKind): string {
  return `${PREFIX}${stage}.${sequence}.${kind}`;
}

export type ParsedEventType =
  | { of: 'task'; task: string; kind: string }
  | { of: 'sequence'; stage: string; sequence: string; kind: string };

/** Splits an event type at its dots: five parts name a task event, six a sequence event; anything else is undefined. */
export function parseEventType(type: string): ParsedEventType | undefined {
  if (!type.startsWith(PREFIX)) return undefined;
  const [first, second, third, ...rest] = type.slice(PREFIX.length).split('.');
  if (!first || !second || rest.length > 0) return undefined;
  if (third === undefined) return { of: 'task', task: first, kind: second };
  return { of: 'sequence', stage: first, sequence: second, kind: third };
}
