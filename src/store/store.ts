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
  /** Leaves out events whose `triggeredid` an `.invalidated` event names; applied before the limit. */
  excludeInvalidated?: boolean;
  /** Only the first event of each context (the datastore's `root=true`). */
  root?: boolean;
  limit: number;
  offset: number;
}

/** Newest first; of events of the same millisecond the one stored last comes first. */
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

/** The trigger of a sequence in the order in which triggers were taken. */
export interface SequenceStartRow {
  /** Id of the `.triggered` event. */
  eventId: string;
  project: string;
  stage: string;
  service: string;
  sequence: string;
  keptnContext: string;
  /** The event's own time (RFC 3339); the order does not depend on it. */
  time: string;
  /** The group of services that wait for each other. */
  together?: { id: string; services: string[] };
  /** The event was taken back; its place stays taken. */
  withdrawn: boolean;
}

export interface SequenceStartQuery {
  project: string;
  stage: string;
  service?: string;
  sequence?: string;
  keptnContext?: string;
  /** Only triggers of groups. */
  together?: true;
  limit: number;
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
  keptnContext?: string;
  results?: string[];
  label?: { key: string; value: string };
  /** Leaves out evaluations that have this label, whatever its value. */
  withoutLabel?: string;
  /** Answers only evaluations strictly later (RFC 3339). */
  fromTime?: string;
  beforeTime?: string;
  excludeInvalidated?: boolean;
  limit: number;
  /** Default 0. */
  offset?: number;
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
  /** Without user and token. */
  upstreamUrl?: string;
  upstreamUser?: string;
}

export interface ServiceRow {
  name: string;
  project: string;
  creationDate: string;
}

/** A reference to an event, as Keptn's views carry it. */
export interface EventReference {
  eventId: string;
  keptnContext: string;
  type: string;
  time: string;
}

/** What a service last saw in a stage. */
export interface ServiceView {
  stage: string;
  service: string;
  lastEvents: EventReference[];
  /** Image of the last deployment that did not fail. */
  deployedImage?: string;
}

export interface SequenceQuery {
  project: string;
  keptnContext?: string;
  keptnContexts?: string[];
  stage?: string;
  service?: string;
  /** Sequence name. */
  name?: string;
  state?: string;
  /** Answers only sequences whose last change is strictly later (RFC 3339). */
  fromTime?: string;
  beforeTime?: string;
  limit: number;
  offset: number;
}

/** One page of runs, each with its state as a whole, and how many there are in all. */
export interface RunContexts {
  contexts: { keptnContext: string; state: string }[];
  totalCount: number;
}

/** Newest and newest failed event of one context in one stage. */
export interface StageActivity {
  keptnContext: string;
  stage: string;
  /** Time of the first event. */
  firstTime: string;
  image?: string;
  problemTitle?: string;
  latestEvent?: EventReference;
  latestFailedEvent?: EventReference;
}

/** How often an event type was seen: what the statistics count. */
export interface EventCount {
  project: string;
  service: string;
  type: string;
  source: string;
  count: number;
}

/** What is kept in SQL: events, evaluations, sequence states, registrations, projects. Inserts by id are idempotent. */
export interface Store {
  /**
   * Stores events in the given order and answers the ids that were new. `openFor` makes them findable as open triggers, `close`
   * closes earlier ones (for good: opening again has no effect), `deliver` marks those that the engine must still be handed.
   */
  appendEvents(
    events: KeptnEvent[],
    options?: {
      openFor?: { eventId: string; workflowId: string }[];
      close?: string[];
      deliver?: string[];
    },
  ): Promise<string[]>;
  events(query: EventQuery): Promise<EventPage>;
  /** Removes an event that could not be acted on, as if it had never been accepted. */
  withdrawEvent(id: string): Promise<void>;
  /** Accepted events that were not yet handed to the engine, oldest first. */
  undelivered(limit: number): Promise<KeptnEvent[]>;
  markDelivered(eventIds: string[]): Promise<void>;
  eventCounts(query: { fromTime?: string; beforeTime?: string }): Promise<EventCount[]>;

  /** Newest first. */
  openTriggers(query: {
    type?: string;
    project?: string;
    stage?: string;
    service?: string;
    eventId?: string;
  }): Promise<OpenTrigger[]>;
  closeTriggers(eventIds: string[]): Promise<void>;

  /** Gives a trigger its place behind all others of its project and stage; one that has a place keeps it. */
  placeStart(row: Omit<SequenceStartRow, 'withdrawn'>): Promise<void>;
  /** The newest `limit` triggers in the order of their places: nothing is ever put before what was answered once. */
  sequenceStarts(query: SequenceStartQuery): Promise<SequenceStartRow[]>;

  /** A row older than the stored one of the same workflow changes nothing. */
  saveSequenceState(row: SequenceStateRow): Promise<void>;
  /** Newest first, by when the sequence was first seen. */
  sequenceStates(query: SequenceQuery): Promise<SequenceStateRow[]>;
  /** Whole runs, newest first; name, state and times of the query are those of the run, stage and service of any of its sequences. */
  sequenceContexts(query: SequenceQuery): Promise<RunContexts>;
  stageActivity(project: string, keptnContexts: string[]): Promise<StageActivity[]>;

  saveEvaluation(row: EvaluationRow): Promise<void>;
  /** Newest first. */
  evaluations(query: EvaluationQuery): Promise<EvaluationRow[]>;
  /** Invalidates the evaluation of a trigger, also one that is stored later; answers whether one was there. */
  invalidate(triggeredId: string, reason: string): Promise<boolean>;

  saveProject(row: ProjectRow): Promise<void>;
  project(name: string): Promise<ProjectRow | undefined>;
  /** Sorted by name. */
  projects(): Promise<ProjectRow[]>;
  /** Removes the project with its services, events, sequences and evaluations. */
  deleteProject(name: string): Promise<void>;
  saveService(row: ServiceRow): Promise<void>;
  /** Sorted by name. */
  services(project: string): Promise<ServiceRow[]>;
  deleteService(project: string, name: string): Promise<void>;
  serviceViews(project: string): Promise<ServiceView[]>;

  /** Stores the registration and notes that it was seen now. */
  saveRegistration(id: string, registration: JsonObject): Promise<void>;
  registrations(): Promise<{ id: string; registration: JsonObject; lastSeen: string }[]>;
  deleteRegistration(id: string): Promise<void>;

  /** Secrets are encrypted with the key given to openStore; without a key reading and writing them throws SecretKeyError. */
  saveSecret(scope: string, name: string, data: { [key: string]: string }): Promise<void>;
  secret(scope: string, name: string): Promise<{ [key: string]: string } | undefined>;
  secrets(): Promise<{ scope: string; name: string; keys: string[] }[]>;
  deleteSecret(scope: string, name: string): Promise<boolean>;

  /** Log entries are kept for 120 hours, as Keptn 1.4.5 keeps them. */
  appendLogs(entries: JsonObject[]): Promise<void>;
  /** Newest first. */
  logs(query: {
    integrationId?: string;
    fromTime?: string;
    beforeTime?: string;
    limit: number;
    offset: number;
  }): Promise<{ entries: JsonObject[]; totalCount: number }>;

  /** Answers when the database does; throws StoreUnavailableError. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
