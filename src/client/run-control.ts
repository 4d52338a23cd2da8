import { setTimeout as delay } from 'node:timers/promises';
import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Logger } from 'pino';
import { ENGINE_SOURCE, KEPTN_SPEC_VERSION, type KeptnEvent } from '../contracts/events.ts';
import { queueWorkflowId } from '../contracts/ids.ts';
import {
  type ApprovalDecision,
  abortSignal,
  type ControlReason,
  decideUpdate,
  pauseContextSignal,
  pauseSignal,
  removeSignal,
  resumeSignal,
  statusQuery,
  taskEventSignal,
} from '../contracts/messages.ts';
import type { SequenceStatus } from '../contracts/workflows.ts';
import { isEnd } from '../sequence/state-view.ts';
import type { OpenTrigger, SequenceStateRow, Store } from '../store/store.ts';
import { PROBLEM_EVENT } from './admission.ts';
import { derivedId } from './derived-id.ts';
import { NotFoundError, RefusedError } from './errors.ts';
import { temporalAway } from './temporal-away.ts';

const SIGNALS = { pause: pauseSignal, resume: resumeSignal, abort: abortSignal } as const;
/** Milliseconds in which a run that is neither queued nor running must show up as one of the two. */
const SETTLE_MS = 5_000;
const SETTLE_STEP_MS = 50;
/** Most runs of one context that are looked at. */
const MAX_RUNS = 1_000;

/** A run by its context; with several stages active, the stage says which. */
export interface RunOfContext {
  project: string;
  keptnContext: string;
  stage?: string;
}

/** What may be done to the runs of a context. */
export interface ControlRequest extends RunOfContext, ControlReason {
  state: keyof typeof SIGNALS;
}

/** The problem of a remediation no longer exists. */
export interface ClosedProblem {
  project: string;
  stage: string;
  service: string;
  keptnContext: string;
}

/** Tells runs what people and responders want of them. */
export class RunControl {
  readonly #client: Client;
  readonly #store: Store;
  readonly #logger: Logger;

  constructor({ temporalClient, store, logger }: { temporalClient: Client; store: Store; logger: Logger }) {
    this.#client = temporalClient;
    this.#store = store;
    this.#logger = logger;
  }

  /** An answer for a run that is gone is dropped, as Keptn 1.4.5 did, and its trigger no longer waits. */
  async taskEvent(event: KeptnEvent, { workflowId, event: triggered }: OpenTrigger): Promise<void> {
    await this.#store.appendEvents([event]);
    const handle = this.#client.workflow.getHandle(workflowId);
    if (await this.#attempt(() => handle.signal(taskEventSignal, { event }))) return;
    await this.#store.closeTriggers([triggered.id]);
    this.#logger.warn({ workflowId, eventId: event.id, type: event.type }, 'the run of this answer is gone');
  }

  /**
   * Notes that the problem is closed (as dynatrace-service did, `sh.keptn.events.problem` with State CLOSED) and aborts what runs
   * or waits for it. The note comes first: a follow-up that is started meanwhile finds it and does not begin.
   */
  async problemClosed({ project, stage, service, keptnContext }: ClosedProblem): Promise<void> {
    await this.#store.appendEvents([
      {
        id: derivedId(keptnContext, `${project}/${stage}/${service}/problem closed`),
        type: PROBLEM_EVENT,
        source: ENGINE_SOURCE,
        specversion: '1.0',
        contenttype: 'application/json',
        time: new Date().toISOString(),
        shkeptncontext: keptnContext,
        shkeptnspecversion: KEPTN_SPEC_VERSION,
        data: { project, stage, service, State: 'CLOSED' },
      },
    ]);
    const reason: ControlReason = { by: 'monitoring', reason: 'the problem was closed' };
    await this.control({ project, stage, keptnContext, state: 'abort', ...reason });
  }

  /** Tells all runs of a context, or those of one stage; a context without active runs is no error. */
  async control({ state, by, reason, ...run }: ControlRequest): Promise<void> {
    const why: ControlReason = {
      ...(by === undefined ? {} : { by }),
      ...(reason === undefined ? {} : { reason }),
    };
    const rows = await this.#activeRuns(run);
    await Promise.all(
      rows.map((row) => (state === 'abort' ? this.#abort(row, why) : this.#pauseOrResume(row, state, why))),
    );
  }

  async decide(run: RunOfContext, decision: ApprovalDecision): Promise<SequenceStatus> {
    const rows = await this.#activeRuns(run);
    const waiting = rows.filter(({ state }) => state === 'waitingForApproval');
    const candidates = waiting.length > 0 ? waiting : rows;
    const [row, ...others] = candidates;
    if (row === undefined) throw gone(run.keptnContext);
    if (others.length > 0) {
      const stages = candidates.map(({ stage }) => stage).join(', ');
      throw new RefusedError(
        `context ${run.keptnContext} is active in several stages: ${stages}`,
        'name the stage',
      );
    }
    const handle = this.#client.workflow.getHandle(row.workflowId);
    let status: SequenceStatus | undefined;
    const found = await this.#attempt(async () => {
      status = await handle.executeUpdate(decideUpdate, { args: [decision] });
    });
    if (!found || status === undefined) throw gone(row.workflowId);
    return status;
  }

  async status(workflowId: string): Promise<SequenceStatus> {
    let status: SequenceStatus | undefined;
    await this.#attempt(async () => {
      status = await this.#client.workflow.getHandle(workflowId).query(statusQuery);
    });
    if (status === undefined) throw gone(workflowId);
    return status;
  }

  async #activeRuns({ project, keptnContext, stage }: RunOfContext): Promise<SequenceStateRow[]> {
    const rows = await this.#store.sequenceStates({ project, keptnContext, limit: MAX_RUNS, offset: 0 });
    return rows.filter((row) => !isEnd(row.state) && (stage === undefined || row.stage === stage));
  }

  /** A pause or a resumption is told to the queue as well: the run may still be waiting in it. */
  async #pauseOrResume(
    row: SequenceStateRow,
    state: 'pause' | 'resume',
    why: ControlReason,
  ): Promise<boolean> {
    const { keptnContext } = row;
    const queue = this.#client.workflow.getHandle(queueWorkflowId(row));
    const message = { keptnContext, paused: state === 'pause' };
    const queued = await this.#attempt(() => queue.signal(pauseContextSignal, message));
    return (await this.#signal(row, state, why)) || queued;
  }

  #signal(
    { workflowId }: SequenceStateRow,
    state: ControlRequest['state'],
    why: ControlReason,
  ): Promise<boolean> {
    const handle = this.#client.workflow.getHandle(workflowId);
    return this.#attempt(() => handle.signal(SIGNALS[state], why));
  }

  /**
   * A queued run is taken out of its queue, a running one is told. Between the two the queue may just be starting it: then
   * it is neither for a moment, so both are tried until one of them has shown.
   */
  async #abort(row: SequenceStateRow, why: ControlReason): Promise<boolean> {
    const { workflowId } = row;
    const queue = this.#client.workflow.getHandle(queueWorkflowId(row));
    const limit = Date.now() + SETTLE_MS;
    await this.#attempt(() => queue.signal(removeSignal, { workflowId, reason: why }));
    for (;;) {
      if (await this.#signal(row, 'abort', why)) return true;
      const rows = await this.#activeRuns(row);
      if (!rows.some((other) => other.workflowId === workflowId)) return true;
      if (Date.now() >= limit) return false;
      await delay(SETTLE_STEP_MS);
    }
  }

  /** False when there is no such run; other failures are thrown as errors that say what to do. */
  async #attempt(call: () => Promise<void>): Promise<boolean> {
    try {
      await call();
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      if (error instanceof WorkflowUpdateFailedError) {
        throw new RefusedError(error.cause?.message ?? error.message, 'look at the status of the run');
      }
      throw temporalAway(error, 'Temporal does not answer', 'start Temporal or correct its address');
    }
  }
}

function gone(run: string): NotFoundError {
  return new NotFoundError(`no active run ${run} is known`, 'list the runs with slipway get sequences');
}
