import type { Result, Status } from '../contracts/events.ts';
import type { FreezeWindow } from './freeze.ts';
import type { JsonObject } from './json.ts';

export type { Result, Status };

/**
 * Which number or boolean wins when payloads are merged: `keptn` keeps the older one as Keptn 1.4.5 did,
 * `newest` takes the newer one (shipyard key `spec.x-payload-numbers`).
 */
export type PayloadNumbers = 'keptn' | 'newest';

/** What happens when a sequence is triggered while another one of the same stage and service is there. */
export type ConcurrencyMode = 'queue' | 'parallel' | 'replace' | 'skip';

/** A wait during which a run may keep its place at the head of the queue. */
export type HoldDuring = 'approval' | 'pause' | 'delay';

/**
 * The concurrency rule of one sequence (shipyard key `x-concurrency`).
 * Default: `{ mode: 'queue', hold: ['delay'] }`, which is what Keptn 1.4.5 did.
 */
export interface Concurrency {
  mode: ConcurrencyMode;
  hold: HoldDuring[];
}

/** How long a task may stay silent, in milliseconds; an absent figure means the default of the caller. */
export interface TaskTimeouts {
  /** From the sent `.triggered` event to the first `.started` or `.finished`. */
  startedMs?: number;
  /** From the first `.started` to the last `.finished`. */
  finishedMs?: number;
}

/** One task of a sequence as the shipyard defines it. */
export interface TaskDefinition {
  name: string;
  /** Delay before the `.triggered` event is sent, in milliseconds. */
  triggeredAfter?: number;
  /** The delay as written in the file, for reports ('15m'). */
  triggeredAfterText?: string;
  properties?: JsonObject;
  timeouts?: TaskTimeouts;
}

/** One trigger of a sequence: another sequence's end, and the results it listens to. */
export interface TriggeredOn {
  /** `<stage>.<sequence>.finished`, compared literally. */
  event: string;
  /** Selector keys and values; absent or empty means result pass or warning. */
  match?: Record<string, string>;
}

/** How often a sequence may be started for one service; an absent figure sets no limit. */
export interface StartLimits {
  /** Milliseconds from one start to the next (shipyard key `x-cooldown`). */
  cooldownMs?: number;
  /** Starts in any 60 minutes (shipyard key `x-max-per-hour`). */
  maxPerHour?: number;
}

/** One sequence of a stage. */
export interface SequenceDefinition {
  name: string;
  triggeredOn: TriggeredOn[];
  tasks: TaskDefinition[];
  concurrency?: Concurrency;
  /** Whole sequence, in milliseconds, from its first task; absent: no limit. */
  timeoutMs?: number;
  limits?: StartLimits;
}

/** One stage of a shipyard. */
export interface StageDefinition {
  name: string;
  sequences: SequenceDefinition[];
  /** Times in which the stage starts nothing new (shipyard key `x-freeze`). */
  freeze?: FreezeWindow[];
}

/** A parsed shipyard: stages and sequences in file order. */
export interface Shipyard {
  apiVersion: string;
  /** `metadata.name`; not used by the engine. */
  name?: string;
  stages: StageDefinition[];
  payloadNumbers?: PayloadNumbers;
}

/** The project, stage and service that a sequence runs for. */
export interface Scope {
  project: string;
  stage: string;
  service: string;
}

/** Everything a sequence needs to run; pinned when it is triggered, so that later edits never change it. */
export interface SequenceInput extends Scope {
  sequence: string;
  keptnContext: string;
  /** Id of the `<stage>.<sequence>.triggered` event. */
  triggeredId: string;
  gitCommitId?: string;
  tasks: TaskDefinition[];
  /** `data` of the event that triggered the sequence. */
  triggerData: JsonObject;
  payloadNumbers?: PayloadNumbers;
  concurrency?: Concurrency;
  /** Tasks that an earlier run completed, for a re-run from a later task; the run goes on after them. */
  completed?: CompletedTask[];
}

/** One started or finished event of the open task. */
export interface TaskEvent {
  kind: 'started' | 'finished';
  eventId: string;
  source: string;
  /** Whole `data` of a finished event; a started event keeps none. */
  data?: JsonObject;
}

/** The task that is waiting for its delay, for its turn, or for its responders. */
export interface OpenTask {
  name: string;
  index: number;
  /** Id of its `.triggered` event; responders answer with it. */
  triggeredId: string;
  /** delayed: `triggeredAfter` runs; due: held back by a pause or the queue; sent: responders may answer. */
  phase: 'delayed' | 'due' | 'sent';
  /** True while a person has to decide this approval. */
  waitingForApproval: boolean;
  events: TaskEvent[];
}

/** A task that all its responders have finished. */
export interface CompletedTask {
  name: string;
  index: number;
  triggeredId: string;
  result: Result;
  status: Status;
  /** The data of its finished events, merged in order of arrival; null when none carried any. */
  properties: JsonObject | null;
}

/** Why and how a sequence ended. */
export type SequenceOutcome = 'finished' | 'timedOut' | 'aborted';

/** How a sequence ended, as kept in its state. */
export interface SequenceEnd {
  outcome: SequenceOutcome;
  result: Result;
  status: Status;
  message?: string;
}

/** The whole state of one running sequence: plain JSON, never changed in place. */
export interface SequenceState {
  input: SequenceInput;
  phase: 'created' | 'running' | 'ended';
  paused: boolean;
  /** The place at the head of the queue: held, given up while waiting, or asked for again. */
  slot: 'held' | 'released' | 'requested';
  task?: OpenTask;
  completed: CompletedTask[];
  /** Labels and message of the last received event; they go into the sequence's finished event. */
  lastEvent: { labels?: JsonObject; message?: string };
  end?: SequenceEnd;
}

/** A responder says that it works on the open task. */
export interface StartedMessage {
  kind: 'started';
  eventId: string;
  triggeredId: string;
  source: string;
  data: JsonObject;
}

/** A responder says that it is done with the open task; `data` has result, status and its payload. */
export interface FinishedMessage {
  kind: 'finished';
  eventId: string;
  triggeredId: string;
  source: string;
  data: JsonObject;
}

/** A timer of the caller has run out. A `started` timer is ignored once any event of the task has come. */
export interface TimeoutMessage {
  kind: 'timeout';
  waitingFor: 'started' | 'finished' | 'sequence';
  /** The open task's id; not needed for `sequence`. */
  triggeredId?: string;
  /** Replaces Keptn's message in the finished event. */
  reason?: string;
}

/** What can happen to a sequence. */
export type SequenceMessage =
  | { kind: 'begin' }
  | StartedMessage
  | FinishedMessage
  | { kind: 'delayElapsed'; triggeredId: string }
  | { kind: 'slotGranted' }
  | TimeoutMessage
  | { kind: 'pause' }
  | { kind: 'resume' }
  | { kind: 'abort'; by?: string; reason?: string };

/** Send the task's `.triggered` event now. */
export interface TriggerTask {
  kind: 'triggerTask';
  taskName: string;
  index: number;
  triggeredId: string;
  /** `sh.keptn.event.<task>.triggered` */
  eventType: string;
  data: JsonObject;
  /** The delay that has already passed, in milliseconds; 0 without `triggeredAfter`. */
  delayMs: number;
  timeouts: TaskTimeouts;
  /** True when the approval rules ask for a person's decision. */
  waitsForApproval: boolean;
}

/** Start a timer of `delayMs` and send `delayElapsed` with the same id when it fires. */
export interface DelayTask {
  kind: 'delayTask';
  taskName: string;
  index: number;
  triggeredId: string;
  delayMs: number;
}

/** Give the place at the head of the queue to the next one. */
export interface ReleaseSlot {
  kind: 'releaseSlot';
  reason: HoldDuring;
}

/** Ask the queue for the place again and send `slotGranted` when it is given. */
export interface AcquireSlot {
  kind: 'acquireSlot';
}

/** The sequence is over: send its finished event, then its follow-ups when the outcome is `finished`. */
export interface FinishSequence {
  kind: 'finishSequence';
  /** `sh.keptn.event.<stage>.<sequence>.finished` */
  eventType: string;
  /** `triggeredid` of the finished event: the sequence's own triggered event. */
  triggeredId: string;
  data: JsonObject;
  status: Status;
  result: Result;
  outcome: SequenceOutcome;
  /** The last task that all responders finished; selectors look at its name. */
  lastTask?: { name: string; result: Result; status: Status };
  /** The task that was still open; whoever works on it has to be stopped. */
  openTask?: { name: string; triggeredId: string };
  /** Payload for follow-up sequences; their stage still has to be filled in. */
  forward: JsonObject;
}

/** A message that changed nothing, with the reason for the log. */
export interface Ignored {
  kind: 'ignored';
  message: SequenceMessage['kind'];
  eventId?: string;
  reason: string;
}

/** What the caller has to do next, in this order. */
export type SequenceCommand = TriggerTask | DelayTask | ReleaseSlot | AcquireSlot | FinishSequence | Ignored;

/** The outcome of one step. */
export interface Advanced {
  state: SequenceState;
  commands: SequenceCommand[];
}
