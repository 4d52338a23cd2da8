import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { ConfigRepo } from '../activities/config/config-repo.ts';
import type { KeptnEvent } from '../contracts/events.ts';
import type { ApprovalDecision } from '../contracts/messages.ts';
import type { DeploymentPreview, PreviewRequest } from '../contracts/preview.ts';
import type { UndeploymentInput } from '../contracts/undeployment.ts';
import type { DefaultTimeouts, SequenceStatus } from '../contracts/workflows.ts';
import type { OpenTrigger, Store } from '../store/store.ts';
import { type ActiveRun, ActiveRuns, type ActiveRunsQuery } from './active-runs.ts';
import { previewDeployments } from './preview.ts';
import { type Rerun, type RerunRequest, rerun } from './rerun.ts';
import type { RollbackRequest, StartedRollback } from './rollback.ts';
import { type ClosedProblem, type ControlRequest, RunControl, type RunOfContext } from './run-control.ts';
import { SequenceStarter } from './start-sequence.ts';
import { startUndeployment } from './undeploy.ts';

/** Starts, tells and controls runs. Every call may come twice; without Temporal it throws UnreachableError. */
export interface Runs {
  /**
   * Starts the sequence that a `<stage>.<sequence>.triggered` event asks for, behind those that are already queued; the
   * same event twice starts it once. A sequence that cannot start is finished as errored here (Keptn 1.4.5), no error.
   * Throws RefusedError for an event that names no run.
   */
  trigger(event: KeptnEvent): Promise<void>;
  /** Stores a `.started` or `.finished` event and hands it to the run that waits for it; for a run that is gone it is dropped. */
  taskEvent(event: KeptnEvent, open: OpenTrigger): Promise<void>;
  /** Starts the sequence of an ended run again from the task that did not pass; throws NotFoundError, RefusedError. */
  rerun(request: RerunRequest): Promise<Rerun>;
  /** Goes back to the old version that the last release keeps warm; throws RefusedError when nothing is kept. */
  rollback(request: RollbackRequest): Promise<StartedRollback>;
  /** Pauses, resumes or aborts all runs of a context or of one stage of it, queued ones too. */
  control(request: ControlRequest): Promise<void>;
  /** Ends what still runs for a problem that no longer exists. */
  problemClosed(problem: ClosedProblem): Promise<void>;
  /** Decides a waiting approval; throws RefusedError when nothing waits, NotFoundError when there is no such run. */
  decide(run: RunOfContext, decision: ApprovalDecision): Promise<SequenceStatus>;
  /** Runs that have not ended, newest first, with their place in the queue or who is missing. */
  active(query: ActiveRunsQuery): Promise<ActiveRun[]>;
  /** What the deployments would change, asked of a worker; throws UnreachableError when none answers in 25 seconds. */
  preview(requests: readonly PreviewRequest[]): Promise<DeploymentPreview[]>;
  /** Starts to take away what runs of a deleted service, in all stages; asked twice, it goes on once. */
  undeploy(deleted: UndeploymentInput): Promise<void>;
  /** The whole state of a run; throws NotFoundError. */
  status(workflowId: string): Promise<SequenceStatus>;
}

/** What runs are started with; timeouts default to 10 minutes for started and 24 hours for finished. */
export interface RunsDependencies {
  temporalClient: Client;
  store: Store;
  config: ConfigRepo;
  logger: Logger;
  taskQueue?: string;
  timeouts?: Partial<DefaultTimeouts>;
}

/** Runs over a Temporal client. */
export function createRuns(dependencies: RunsDependencies): Runs {
  const control = new RunControl(dependencies);
  const starter = new SequenceStarter(dependencies, control);
  return {
    trigger: (event) => starter.trigger(event),
    taskEvent: (event, open) => control.taskEvent(event, open),
    rerun: (request) =>
      rerun({ ...dependencies, start: (event, pinned) => starter.again(event, pinned) }, request),
    rollback: (request) => starter.rollback(request),
    control: (request) => control.control(request),
    problemClosed: (problem) => control.problemClosed(problem),
    decide: (run, decision) => control.decide(run, decision),
    preview: (requests) => previewDeployments(dependencies, requests),
    undeploy: (deleted) => startUndeployment(dependencies, deleted),
    active: (query) => new ActiveRuns(dependencies).of(query),
    status: (workflowId) => control.status(workflowId),
  };
}
