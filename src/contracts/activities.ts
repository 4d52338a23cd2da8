import type { CanarySamples } from '../gate/statistics/canary.ts';
import type { EventData, KeptnEvent, Result, Status } from './events.ts';
import type { QueueScope } from './ids.ts';
import type { JsonObject } from './json.ts';
import type { EvaluationInput, WarmDecision, WarmEnd } from './workflows.ts';

/** State of a sequence as the API answers it (Keptn 1.4.5). */
export type SequenceViewState =
  | 'triggered'
  | 'waiting'
  | 'started'
  | 'waitingForApproval'
  | 'paused'
  | 'finished'
  | 'timedOut'
  | 'aborted';

/** Whose run it is, for the records. */
export interface RunScope extends QueueScope {
  keptnContext: string;
  sequence: string;
  workflowId: string;
}

/** What is written down together; every part may be repeated without harm. */
export interface RecordRequest {
  run: RunScope;
  events: KeptnEvent[];
  /** `.triggered` events of this batch that wait for answers from outside. */
  open?: string[];
  /** Triggered ids that wait no more. */
  close?: string[];
  state?: { state: SequenceViewState; status?: Status; result?: Result };
}

/** Who carries out a task; decided when the task begins and kept in the run's history. */
export type Executor =
  | { kind: 'builtin' }
  /** `job/config.yaml` has an action for the event. */
  | { kind: 'job' }
  /** `webhook/webhook.yaml` has an entry for the event. */
  | { kind: 'webhook' }
  /** Temporal workers listen on this task queue; the activity type is the task's name. */
  | {
      kind: 'worker';
      taskQueue: string;
      /** Nobody polled the task queue when the task began. */
      absent?: boolean;
    }
  /** CloudEvent responders; without names nobody is known who would answer. */
  | { kind: 'responders'; names: string[] };

export interface BeginTaskRequest extends RecordRequest {
  task: string;
  properties: JsonObject;
  triggered: KeptnEvent;
  /** Recorded as well when the executor is not a responder. */
  started: KeptnEvent;
}

export interface FinishSequenceRequest extends RecordRequest {
  /** `<stage>.<sequence>.triggered` events to store and start. */
  followUps: KeptnEvent[];
}

/** Short, repeatable writes to the store; run as local activities. */
export interface RecordActivities {
  /** Stores what happened until now and the task's `.triggered`, and decides who carries it out. */
  beginTask(request: BeginTaskRequest): Promise<Executor>;
  recordEvents(request: RecordRequest): Promise<void>;
  /** Stores the end of the sequence and puts its follow-ups into the queues of their stages. */
  finishSequence(request: FinishSequenceRequest): Promise<void>;
}

/** Input of every executor: the task's `.triggered` event. */
export interface TaskRequest {
  triggered: KeptnEvent;
}

/** What an executor hands back: the `data` that its `.finished` event adds to project, stage and service. */
export interface TaskFinished {
  status: Status;
  result: Result;
  message: string;
  /** Payload under the task's name and others, merged into the next `.triggered`. */
  data: JsonObject;
  /** The work goes on elsewhere: this many `.finished` events will come from outside, and this answer is none of them. */
  answersExpected?: number;
}

export interface ShiftRequest extends QueueScope {
  primary: number;
  canary: number;
}

/** Where the users of a service with two sides are. */
export interface UsersNow {
  /** Percent that the canary serves; 0 without a canary, 100 where nobody can tell. */
  onCanary: number;
  /** The primary could take them. */
  primaryReady: boolean;
}

/** Steps of a rollout, each one readable, repeatable and heart-beating. The order is decided by the workflow. */
export interface RolloutActivities {
  /** Brings the version in as the event asks; answers `data.deployment`. */
  deploy(request: TaskRequest): Promise<{ deployment: JsonObject; firstDeployment: boolean }>;
  /** Writes the weights and returns only when the data plane has been observed to apply them. */
  shiftTraffic(request: ShiftRequest): Promise<void>;
  promote(request: QueueScope & { key: string }): Promise<void>;
  /** Returns when the side has no request in flight, or its drain time is over. */
  drain(request: QueueScope & { side: 'primary' | 'canary' }): Promise<void>;
  retire(request: QueueScope & { side: 'primary' | 'canary' }): Promise<void>;
  /** Where the users are now. */
  users(request: QueueScope): Promise<UsersNow>;
  /** Ends what an earlier release keeps warm and returns when that is done. */
  endWarm(request: QueueScope & { decision: WarmDecision; key: string }): Promise<WarmEnd>;
  /** Adds to the primary's replicas; answers the new number. */
  scale(request: QueueScope & { increment: number; key: string }): Promise<number>;
}

/** One query to one SLI provider. */
export interface SliFetch extends QueueScope {
  provider: string;
  indicators: string[];
  start: string;
  end: string;
  deployment: string;
  labels: { [key: string]: string };
  customFilters: { key: string; value: string }[];
  gitCommitId: string;
  /** Integrations that answer for a provider which the workers do not have; absent: a worker asks the provider. */
  responders?: string[];
}

/** The SLIs of `x-compare`, whose samples on both sides are wanted over the window. */
export interface SampleFetch extends SliFetch {
  /** Seconds from one sample to the next. */
  stepSeconds: number;
}

/** What the gate needs besides the measured values; `finished` ends the evaluation without them. */
export type PreparedEvaluation =
  | { outcome: 'finished'; finished: EventData }
  | {
      outcome: 'ready';
      /** Parsed slo.yaml, the gate's own model as plain JSON; null without a file. */
      slo: JsonObject | null;
      /** base64 of slo.yaml as stored. */
      sloFileContent: string;
      /** Earlier evaluations as the gate takes them, newest first. */
      previous: JsonObject[];
      fetches: SliFetch[];
      /** Absent when no objective compares canary and primary. */
      comparisons?: SampleFetch[];
      /** Findings about slo.yaml that do not stop the gate, each `file:line:column message`. */
      problems?: string[];
    };

export interface SliAnswerJson {
  status: 'succeeded' | 'errored' | 'aborted';
  result: Result;
  message: string;
  start: string;
  end: string;
  values: { metric: string; value: number; success: boolean; message?: string }[];
  /** Labels that an integration has put into its answer. */
  labels?: { [key: string]: string };
}

/** Samples of canary and primary by SLI; an SLI that has none is missing, and a problem says why. */
export interface SampleAnswer {
  samples: { [metric: string]: CanarySamples };
  problems: string[];
}

/** What is stored when an evaluation ends. */
export interface SaveEvaluationRequest {
  triggeredId: string;
  finished: KeptnEvent;
  /** The get-sli events that came before, in their order. */
  events?: KeptnEvent[];
}

export interface EvaluationActivities {
  prepareEvaluation(request: EvaluationInput): Promise<PreparedEvaluation>;
  fetchSlis(request: SliFetch): Promise<SliAnswerJson>;
  fetchSamples(request: SampleFetch): Promise<SampleAnswer>;
  /** Stores the events, and the verdict for later comparisons; run as a local activity. */
  saveEvaluation(request: SaveEvaluationRequest): Promise<void>;
}

export interface TaskActivities {
  /** Built-in task `test`. */
  runTest(request: TaskRequest): Promise<TaskFinished>;
  /** Built-in task `get-action`: looks the next action up in remediation.yaml. */
  getAction(request: TaskRequest): Promise<TaskFinished>;
  /** Actions of `job/config.yaml` that match the event. */
  runJobs(request: TaskRequest): Promise<TaskFinished>;
  /** Requests of `webhook/webhook.yaml` for the event. */
  runWebhook(request: TaskRequest): Promise<TaskFinished>;
}

/** Everything that a Slipway worker offers. */
export type Activities = RecordActivities & RolloutActivities & EvaluationActivities & TaskActivities;
