import type { EventData, KeptnEvent, Result, Status } from './events.ts';
import type { QueueScope } from './ids.ts';
import type { JsonObject } from './json.ts';

/** One task of a pinned sequence. */
export interface PinnedTask {
  name: string;
  /** Milliseconds between the end of the task before and this task's `.triggered`. */
  triggeredAfterMs?: number;
  properties?: JsonObject;
}

/** One `triggeredOn` entry of the pinned shipyard. */
export interface PinnedTrigger {
  event: string;
  /** `selector.match`; absent means pass or warning. */
  match?: { [key: string]: string };
}

export interface PinnedSequence {
  name: string;
  triggeredOn?: PinnedTrigger[];
  tasks: PinnedTask[];
}

/** The shipyard as it was when the sequence was triggered: editing the file never changes a run in flight. */
export interface PinnedShipyard {
  stages: { name: string; sequences: PinnedSequence[] }[];
}

/** How a sequence shares its queue with the others of its service and stage. */
export type Concurrency = 'queue' | 'parallel' | 'replace' | 'skip';

/** Milliseconds; zero waits for ever, which only the file may ask for. */
export interface Timeouts {
  /** Until somebody sends `.started` (Keptn 1.4.5: TASK_STARTED_WAIT_DURATION, 10 minutes). */
  taskStartedMs: number;
  /** From `.started` to `.finished`. */
  taskFinishedMs: number;
  sequenceMs: number;
}

/** Everything that one run of a sequence needs; nothing of it is read again while it runs. */
export interface SequenceInput extends QueueScope {
  sequence: string;
  keptnContext: string;
  /** Counts from 1 when one context runs the same sequence again. */
  occurrence: number;
  /** Id of the `<stage>.<sequence>.triggered` event. */
  triggeredId: string;
  gitCommitId: string;
  tasks: PinnedTask[];
  shipyard: PinnedShipyard;
  /** `data` of the triggering event. */
  data: EventData;
  concurrency: Concurrency;
  timeouts: Timeouts;
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

/** Answer of the query `status` on a queue. */
export interface QueueStatus extends QueueScope {
  running: string[];
  /** Waiting for an approval or paused: they do not hold up the others. */
  parked: string[];
  /** Workflow ids in the order in which they will start. */
  waiting: string[];
}

export interface EvaluationInput extends QueueScope {
  keptnContext: string;
  gitCommitId: string;
  /** The evaluation.triggered event. */
  triggered: KeptnEvent;
}

export interface RemediationInput extends QueueScope {
  keptnContext: string;
}
