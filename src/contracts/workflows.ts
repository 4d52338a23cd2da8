import type { CompletedTask, SequenceInput, Shipyard } from '../sequence/types.ts';
import type { KeptnEvent, Result, Status } from './events.ts';
import type { QueueScope } from './ids.ts';

/** Milliseconds that a task may stay silent unless its own definition says otherwise; zero waits for ever. */
export interface DefaultTimeouts {
  /** Until somebody sends `.started` (Keptn 1.4.5: TASK_STARTED_WAIT_DURATION, 10 minutes). */
  startedMs: number;
  /** From the first `.started` to the last `.finished`. */
  finishedMs: number;
}

/**
 * Everything that one run of a sequence needs: argument of the workflow `sequence`, and what its queue holds.
 * Nothing of it is read again while it runs, so that editing the shipyard never changes a run in flight.
 */
export interface SequenceRequest {
  /** The sequence pinned as it was when it was triggered. */
  input: SequenceInput;
  /** The whole shipyard, for the follow-ups. */
  shipyard: Shipyard;
  /** Counts from 1 when one context runs the same sequence again. */
  occurrence: number;
  defaults: DefaultTimeouts;
  /** The context was paused when this run was triggered: it is not started before it is resumed. */
  paused?: boolean;
  /** Milliseconds for the whole sequence from its first task; absent: no limit. */
  timeoutMs?: number;
  together?: Together;
}

/** One run's place in a group of services that are promoted together or not at all. */
export interface Together {
  /** Of the workflow that decides for the group. */
  workflowId: string;
  /** All services of the group. */
  services: string[];
  /** Index of the task whose end waits for the others. */
  task: number;
}

/** Argument of the workflow `together`. */
export interface TogetherInput {
  services: string[];
}

/** What the workflow `together` ends with. */
export interface TogetherOutcome {
  result: Result;
  /** Which service failed; empty when none did. */
  message: string;
}

/** Argument of the workflow `keepWarm`: a release whose old version stays ready beside the new one for a while. */
export interface KeepWarmInput extends QueueScope {
  /** Context of the release. */
  keptnContext: string;
  /** Id of release.triggered; the key of the promotion that completes it. */
  releaseId: string;
  keepMs: number;
}

/** How a release that keeps its old version warm goes on. */
export type WarmDecision = 'promote' | 'rollBack';

/** How it has ended; `nothing` when no old version is kept. */
export type WarmEnd = 'nothing' | 'promoted' | 'rolledBack';

/** Answer of the query `status` on a `keepWarm` workflow. */
export interface WarmStatus extends QueueScope {
  keptnContext: string;
  state: 'warm' | 'promoted' | 'rolledBack';
  /** RFC 3339. */
  until: string;
  /** Why the last attempt to end it failed. */
  problem?: string;
}

export interface SequenceOutcome {
  outcome: 'finished' | 'timedOut' | 'aborted';
  status: Status;
  result: Result;
  message: string;
}

export type TaskState = 'waiting' | 'running' | 'waitingForApproval' | 'finished' | 'timedOut' | 'aborted';

/** One row of a run's table, as the status query and the Temporal UI show it. */
export interface TaskStatus {
  task: string;
  triggeredId: string;
  state: TaskState;
  /** Who carries it out, in words; for a task that nobody answers, who is missing. */
  executor: string;
  /** Set while nobody is known who would carry it out: who is missing, in words. */
  missing?: string;
  status?: Status;
  result?: Result;
  message?: string;
  score?: number;
}

/** Answer of the query `status` on a sequence. */
export interface SequenceStatus extends QueueScope {
  sequence: string;
  keptnContext: string;
  state: 'triggered' | 'started' | 'waitingForApproval' | 'paused' | 'finished' | 'timedOut' | 'aborted';
  tasks: TaskStatus[];
  outcome?: SequenceOutcome;
}

/** Answer of the query `soFar` on a sequence. */
export interface RunSoFar {
  request: SequenceRequest;
  completed: CompletedTask[];
}

/** Answer of the query `status` on a queue. */
export interface QueueStatus extends QueueScope {
  running: string[];
  /** Waiting for an approval or paused: they do not hold up the others. */
  parked: string[];
  /** Workflow ids in the order in which they will start. */
  waiting: string[];
}

/** Argument of the workflow `reaction`: an event, and who listens to it without answering. */
export interface ReactionInput {
  event: KeptnEvent;
  /** Actions of `job/config.yaml`. */
  jobs: boolean;
  /** Entries of `webhook/webhook.yaml`. */
  webhooks: boolean;
}

export interface EvaluationInput extends QueueScope {
  keptnContext: string;
  gitCommitId: string;
  /** The evaluation.triggered event. */
  triggered: KeptnEvent;
  /** How long an integration that measures may stay silent. Default: Keptn's, 10 minutes to start and a day to finish. */
  timeouts?: DefaultTimeouts;
}
