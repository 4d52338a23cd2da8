import type { JsonObject } from './json.ts';
import type { Scope, SequenceDefinition, SequenceState, TriggerTask } from './types.ts';

/** An event that the engine sent. */
export interface SentEvent extends Scope {
  /** Milliseconds on the virtual clock. */
  at: number;
  type: string;
  keptnContext: string;
  runId: string;
  /** Id of a `.triggered` event; empty for finished events. */
  id: string;
  data: JsonObject;
  /** `triggeredAfter` as written in the shipyard. */
  delay?: string;
}

/** A sequence to start. */
export interface Trigger extends Scope {
  keptnContext: string;
  sequence: string;
  data: JsonObject;
}

/** What a responder sends about a task. */
export interface Reply {
  kind: 'started' | 'finished';
  source: string;
  data: JsonObject;
  /** Absent: a new id; give one to send the same event twice. */
  eventId?: string;
}

/** One run of a sequence. */
export interface VirtualRun {
  runId: string;
  lane: number;
  trigger: Trigger;
  definition: SequenceDefinition;
  state: SequenceState;
  /** Which sequence's end triggered it; absent for a trigger from outside. */
  parent?: VirtualRun;
}

/** Settings of the in-memory engine. */
export interface VirtualEngineOptions {
  /** Answers at once for a task that was sent; default: nobody answers. */
  respond?: (task: TriggerTask, run: VirtualRun) => readonly Reply[];
  /** Milliseconds until a task without any answer times out; default: never. */
  startedTimeoutMs?: number;
}
