import type { ActiveRun, ActiveRunsQuery } from '../client/active-runs.ts';
import type { Rerun, RerunRequest } from '../client/rerun.ts';
import type { RollbackRequest, StartedRollback } from '../client/rollback.ts';
import type { KeptnEvent } from '../contracts/events.ts';
import type { DeploymentPreview, PreviewRequest } from '../contracts/preview.ts';
import type { UndeploymentInput } from '../contracts/undeployment.ts';
import type { OpenTrigger } from '../store/store.ts';

/** What a caller may do to the sequences of a context. */
export type ControlState = 'pause' | 'resume' | 'abort';

export interface ControlRequest {
  project: string;
  keptnContext: string;
  /** Only the sequences of this stage; absent means all. */
  stage?: string;
  state: ControlState;
  /** Who asked, and why, for the record. */
  by?: string;
  reason?: string;
}

/** The problem of a remediation no longer exists: what still runs for it is stopped. */
export interface ClosedProblem {
  project: string;
  stage: string;
  service: string;
  keptnContext: string;
}

/**
 * The engine that runs sequences, as the server needs it. Every call may come twice for one event (a repeated delivery): the
 * event's id is the key. Throws RunsUnavailableError when the engine cannot be reached.
 */
export interface Runs {
  /** Starts, or queues, the sequence of a stored `<stage>.<sequence>.triggered` event; throws SequenceNotStartableError. */
  trigger(event: KeptnEvent): Promise<void>;
  /** Starts the sequence of an ended run again; throws ApiError when it goes on, has passed or is not known. */
  rerun(request: RerunRequest): Promise<Rerun>;
  /** Goes back to the version before the last release; throws ApiError when it is not kept. */
  rollback(request: RollbackRequest): Promise<StartedRollback>;
  /** Hands a started or finished event to the run that waits for it. */
  taskEvent(event: KeptnEvent, open: OpenTrigger): Promise<void>;
  /** A context without running sequences is no error (Keptn 1.4.5). */
  control(request: ControlRequest): Promise<void>;
  problemClosed(problem: ClosedProblem): Promise<void>;
  /** Runs that have not ended, newest first, and what each of them waits for. */
  active(query: ActiveRunsQuery): Promise<ActiveRun[]>;
  /** What the deployments would change, asked of a worker. */
  preview(requests: readonly PreviewRequest[]): Promise<DeploymentPreview[]>;
  /** Starts to take away what runs of a deleted service, in all stages. */
  undeploy(deleted: UndeploymentInput): Promise<void>;
}

/**
 * The sequence cannot start: no such stage, no such sequence, no tasks, or a shipyard that cannot be read. The message is
 * Keptn's and goes into the sequence's finished event.
 */
export class SequenceNotStartableError extends Error {
  override readonly name = 'SequenceNotStartableError';
}

/** The workflow engine does not answer; the event is kept or refused, never lost. */
export class RunsUnavailableError extends Error {
  override readonly name = 'RunsUnavailableError';
}
