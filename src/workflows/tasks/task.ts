import type { TaskFinished } from '../../contracts/activities.ts';
import type { KeptnEvent } from '../../contracts/events.ts';
import type { QueueScope } from '../../contracts/ids.ts';
import type { DefaultTimeouts } from '../../contracts/workflows.ts';
import type { Compensations } from '../compensations.ts';
import type { EventParts } from '../events.ts';

/** What a built-in task is given. */
export interface BuiltinTask extends QueueScope {
  keptnContext: string;
  gitCommitId: string;
  triggered: KeptnEvent;
  /** How long integrations that the task asks may stay silent. */
  timeouts: DefaultTimeouts;
  /** Steps that undo what this run has done to running services, should it be aborted. */
  compensations: Compensations;
  /** Shows how far the task is, in the run's status and in the Temporal UI. */
  show(message: string): void;
  /** Writes events down at once that people shall see before the task ends. */
  record(events: KeptnEvent[]): Promise<void>;
  newEvent(parts: EventParts): KeptnEvent;
}

/** `event` is set when the executor has made and stored the `.finished` event itself. */
export type BuiltinResult = TaskFinished & { event?: KeptnEvent };

/** Carries out one kind of task; an error that it throws becomes an errored task. */
export type BuiltinExecutor = (task: BuiltinTask) => Promise<BuiltinResult>;

/** The scope alone, as activities take it. */
export function scopeOf({ project, stage, service }: QueueScope): QueueScope {
  return { project, stage, service };
}
