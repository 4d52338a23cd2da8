import type { KeptnEvent, Result } from '../contracts/events.ts';
import type { JsonObject } from '../contracts/json.ts';

export interface EventQuery {
  project?: string;
  stage?: string;
  service?: string;
  type?: string;
  source?: string;
  keptnContext?: string;
  eventId?: string;
  /** Answers only events strictly later (RFC 3339). */
  fromTime?: string;
  beforeTime?: string;
  /** `data.a.b` path → allowed values, any of them (the datastore's filter grammar). */
  filter?: { path: string; values: string[] }[];
  excludeInvalidated?: boolean;
  limit: number;
  offset: number;
}

/** Newest first; events of the same millisecond keep the order in which they were stored. */
export interface EventPage {
  events: KeptnEvent[];
  totalCount: number;
}

/** An open `.triggered` event together with the workflow that waits for its answer. */
export interface OpenTrigger {
  event: KeptnEvent;
  workflowId: string;
}

export interface SequenceStateRow {
  project: string;
  service: string;
  keptnContext: string;
  stage: string;
  sequence: string;
  workflowId: string;
  /** triggered, waiting, started, waitingForApproval, paused, finished, timedOut or aborted. */
  state: string;
  status?: string;
  result?: string;
  /** RFC 3339. */
  time: string;
}

export interface EvaluationRow {
  /** Id of the evaluation.finished event. */
  id: string;
  /** Id of the evaluation.triggered event: what an invalidation names. */
  triggeredId: string;
  project: string;
  stage: string;
  service: string;
  keptnContext: string;
  /** The event's own time, by which history is ordered. */
  time: string;
  /** Outer `data.result`. */
  result: Result;
  status: string;
  score: number;
  labels: { [key: string]: string };
  invalidated?: { reason: string; time: string };
  /** `data.evaluation` of the finished event. */
  evaluation: JsonObject;
}

export interface EvaluationQuery {
  project?: string;
  stage?: string;
  service?: string;
  results?: string[];
  label?: { key: string; value: string };
  fromTime?: string;
  beforeTime?: string;
  excludeInvalidated?: boolean;
  limit: number;
}

export interface ProjectRow {
  name: string;
  /** Nanoseconds since 1970 as a decimal string, as Keptn's API answers it. */
  creationDate: string;
  /** Stage names in the shipyard's order. */
  stages: string[];
  shipyard: string;
  shipyardVersion: string;
  /** SLI provider set by `configure monitoring`; undefined when never configured. */
  sliProvider?: string;
  upstreamUrl?: string;
}

export interface ServiceRow {
  name: string;
  project: string;
  creationDate: string;
}

/** What is kept in SQL: events, evaluations, sequence states, registrations, projects. Inserts by id are idempotent. */
export interface Store {
  appendEvents(
    events: KeptnEvent[],
    options?: { openFor?: { eventId: string; workflowId: string }[]; close?: string[] },
  ): Promise<void>;
  events(query: EventQuery): Promise<EventPage>;
  openTriggers(query: {
    type?: string;
    project?: string;
    stage?: string;
    service?: string;
    eventId?: string;
  }): Promise<OpenTrigger[]>;
  closeTriggers(eventIds: string[]): Promise<void>;

  saveSequenceState(row: SequenceStateRow): Promise<void>;
  sequenceStates(query: {
    project: string;
    keptnContext?: string;
    state?: string;
    limit: number;
    offset: number;
  }): Promise<SequenceStateRow[]>;

  saveEvaluation(row: EvaluationRow): Promise<void>;
  /** Newest first. */
  evaluations(query: EvaluationQuery): Promise<EvaluationRow[]>;
  invalidate(triggeredId: string, reason: string): Promise<boolean>;

  saveProject(row: ProjectRow): Promise<void>;
  project(name: string): Promise<ProjectRow | undefined>;
  projects(): Promise<ProjectRow[]>;
  deleteProject(name: string): Promise<void>;
  saveService(row: ServiceRow): Promise<void>;
  services(project: string): Promise<ServiceRow[]>;
  deleteService(project: string, name: string): Promise<void>;

  saveRegistration(id: string, registration: JsonObject): Promise<void>;
  registrations(): Promise<{ id: string; registration: JsonObject; lastSeen: string }[]>;
  deleteRegistration(id: string): Promise<void>;

  saveSecret(scope: string, name: string, data: { [key: string]: string }): Promise<void>;
  secret(scope: string, name: string): Promise<{ [key: string]: string } | undefined>;
  secrets(): Promise<{ scope: string; name: string; keys: string[] }[]>;
  deleteSecret(scope: string, name: string): Promise<boolean>;

  appendLogs(entries: JsonObject[]): Promise<void>;
  logs(query: {
    integrationId?: string;
    limit: number;
    offset: number;
  }): Promise<{ entries: JsonObject[]; totalCount: number }>;

  close(): Promise<void>;
}
