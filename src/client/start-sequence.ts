import { type Client, isGrpcServiceError } from '@temporalio/client';
import type { Logger } from 'pino';
import type { ConfigRepo } from '../activities/config/config-repo.ts';
import { ConfigNotFoundError } from '../activities/config/errors.ts';
import { decodeText } from '../activities/config/scoped-files.ts';
import {
  ENGINE_SOURCE,
  KEPTN_SPEC_VERSION,
  type KeptnEvent,
  parseEventType,
  sequenceEventType,
} from '../contracts/events.ts';
import { queueWorkflowId, sequenceWorkflowId } from '../contracts/ids.ts';
import { type ApprovalDecision, enqueueSignal } from '../contracts/messages.ts';
import type { DeploymentPreview, PreviewRequest } from '../contracts/preview.ts';
import { searchAttributes } from '../contracts/search-attributes.ts';
import { TASK_QUEUE } from '../contracts/task-queues.ts';
import type { DefaultTimeouts, SequenceRequest, SequenceStatus } from '../contracts/workflows.ts';
import { MAX_OCCURRENCES, MAX_PAYLOAD_BYTES, tooManyOccurrences } from '../sequence/limits.ts';
import { type Group, readGroup } from '../sequence/together.ts';
import type { OpenTrigger, SequenceStateRow, Store } from '../store/store.ts';
import { type ActiveRun, ActiveRuns, type ActiveRunsQuery } from './active-runs.ts';
import { Admission } from './admission.ts';
import { derivedId } from './derived-id.ts';
import { RefusedError, UnreachableError } from './errors.ts';
import { type Hold, Holds } from './holds.ts';
import {
  DEFAULT_TIMEOUTS,
  type PinnedSequence,
  pinSequence,
  readShipyard,
  type TriggerTarget,
} from './pinned-request.ts';
import { previewDeployments } from './preview.ts';
import { type Rerun, type RerunRequest, rerun } from './rerun.ts';
import { type RollbackRequest, rollback, type StartedRollback } from './rollback.ts';
import { type ClosedProblem, type ControlRequest, RunControl, type RunOfContext } from './run-control.ts';
import { Starts } from './starts.ts';
import { leaveGroup, openGroup } from './together.ts';

/** Most runs of a context that are looked at. */
const MAX_RUNS = 1_000;

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
    active: (query) => new ActiveRuns(dependencies).of(query),
    status: (workflowId) => control.status(workflowId),
  };
}

type FoundSequence = Extract<PinnedSequence, { found: true }>;

class SequenceStarter {
  readonly #client: Client;
  readonly #store: Store;
  readonly #config: ConfigRepo;
  readonly #logger: Logger;
  readonly #taskQueue: string;
  readonly #timeouts: DefaultTimeouts;
  readonly #starts: Starts;
  readonly #admission: Admission;
  readonly #holds: Holds;
  readonly #control: RunControl;

  constructor(dependencies: RunsDependencies, control: RunControl) {
    this.#control = control;
    this.#starts = new Starts(dependencies.store);
    this.#admission = new Admission(dependencies.store, this.#starts);
    this.#holds = new Holds(dependencies.store);
    this.#client = dependencies.temporalClient;
    this.#store = dependencies.store;
    this.#config = dependencies.config;
    this.#logger = dependencies.logger;
    this.#taskQueue = dependencies.taskQueue ?? TASK_QUEUE;
    this.#timeouts = { ...DEFAULT_TIMEOUTS, ...dependencies.timeouts };
  }

  async trigger(received: KeptnEvent): Promise<void> {
    const target = targetOf(received);
    const event = await this.#withCommit(received, target);
    await this.#store.appendEvents([event]);
    const { pinned, occurrence } = await this.#pin(event, target);
    const row = stateRow(event, target, occurrence);
    const log = this.#logger.child({ keptnContext: event.shkeptncontext, workflowId: row.workflowId });
    const hold = pinned.found ? await this.#holds.on(event, pinned.request) : {};
    const refusal = pinned.found ? await this.#refusal(event, target, { ...pinned, hold }) : pinned.message;
    if (!pinned.found || refusal !== undefined) {
      // A repeated trigger of a run that began before: its problem has been closed since, and the run was told.
      if (pinned.found && (await this.#isKnown(row))) return;
      await this.#finishAtOnce(event, row, refusal ?? '');
      if (pinned.found) {
        const { request } = pinned;
        await leaveGroup(this.#client, this.#taskQueue, { request, message: refusal ?? '' });
      }
      log.warn({ reason: refusal }, 'sequence cannot start');
      return;
    }
    const paused = hold.paused === true || (await this.#isPaused(event));
    await this.#enqueue(paused ? { ...pinned.request, paused } : pinned.request);
    // Written afterwards, so that a trigger that Temporal did not take leaves no run behind; its time lets later states win.
    const { workflowId } = row;
    await this.#store.appendEvents([event], { openFor: [{ eventId: event.id, workflowId }] });
    await this.#store.saveSequenceState(row);
    log.info('sequence enqueued');
    // Its problem may have closed just before this run could be found; whoever closes it now finds it.
    if (await this.#admission.problemIsClosed(event)) {
      const { project, stage, service } = row;
      const keptnContext = event.shkeptncontext;
      await this.#control.problemClosed({ project, stage, service, keptnContext });
    }
  }

  /** Pins the definition, and gives the trigger its place among all others. */
  async #pin(
    event: KeptnEvent,
    target: TriggerTarget,
  ): Promise<{ pinned: PinnedSequence; occurrence: number }> {
    const shipyard = await this.#shipyard(event.data.project);
    const pinned = pinSequence(event, target, { shipyard, timeouts: this.#timeouts });
    const group = pinned.found ? groupOf(event, pinned.request) : undefined;
    const occurrence = await this.#starts.place(event, target, group);
    if (occurrence > MAX_OCCURRENCES) {
      const message = tooManyOccurrences(target.stage, target.sequence);
      return { pinned: { found: false, message }, occurrence };
    }
    if (!pinned.found) return { pinned, occurrence };
    return { pinned: { ...pinned, request: { ...pinned.request, occurrence } }, occurrence };
  }

  /** Why a sequence that is defined does not start all the same. */
  async #refusal(
    event: KeptnEvent,
    target: TriggerTarget,
    { request, limits, hold }: FoundSequence & { hold: Hold },
  ): Promise<string | undefined> {
    const refusal = (await this.#admission.refusal(event, target, limits)) ?? hold.refusal;
    if (refusal !== undefined) return refusal;
    const reason = tooLarge(request) ?? (await this.#starts.crossing(event, request));
    return reason === undefined ? undefined : `Unable to start sequence ${target.sequence}: ${reason}`;
  }

  /** Starts a run with the definition of an earlier one; the same event twice starts it once. */
  async again(received: KeptnEvent, earlier: SequenceRequest): Promise<void> {
    const { refusal, paused } = await this.#holds.on(received, earlier);
    if (refusal !== undefined || paused === true) {
      throw new RefusedError(refusal ?? 'the line of the project is stopped', 'start it again later');
    }
    const reason = tooLarge(earlier);
    if (reason !== undefined) throw new RefusedError(reason, 'start the sequence anew');
    await this.#startNow(received, earlier);
  }

  /** A shipyard that cannot be read holds no rollback up; nothing follows it then. */
  async rollback(request: RollbackRequest): Promise<StartedRollback> {
    const read = readShipyard(await this.#shipyard(request.project));
    const shipyard = 'shipyard' in read ? read.shipyard : { apiVersion: '', stages: [] };
    const start = (event: KeptnEvent, pinned: SequenceRequest) => this.#startNow(event, pinned);
    return rollback({ temporalClient: this.#client, timeouts: this.#timeouts, shipyard, start }, request);
  }

  /** Starts a run whose definition is known, whatever holds others back; the same event twice starts it once. */
  async #startNow(received: KeptnEvent, known: SequenceRequest): Promise<void> {
    const target = targetOf(received);
    await this.#store.appendEvents([received]);
    const occurrence = await this.#starts.place(received, target, undefined);
    const row = stateRow(received, target, occurrence);
    await this.#enqueue({ ...known, occurrence });
    const { workflowId } = row;
    await this.#store.appendEvents([received], { openFor: [{ eventId: received.id, workflowId }] });
    await this.#store.saveSequenceState(row);
  }

  /** Keptn 1.4.5: new sequences of a paused context are created paused. */
  async #isPaused({ data, shkeptncontext }: KeptnEvent): Promise<boolean> {
    const query = {
      project: data.project,
      keptnContext: shkeptncontext,
      state: 'paused',
      limit: 1,
      offset: 0,
    };
    return (await this.#store.sequenceStates(query)).length > 0;
  }

  async #isKnown({ project, keptnContext, workflowId }: SequenceStateRow): Promise<boolean> {
    const query = { project, keptnContext, limit: MAX_RUNS, offset: 0 };
    return (await this.#store.sequenceStates(query)).some((row) => row.workflowId === workflowId);
  }

  /** Keptn 1.4.5: a trigger without a commit runs at the newest commit of its stage. */
  async #withCommit(event: KeptnEvent, { stage }: TriggerTarget): Promise<KeptnEvent> {
    if (event.gitcommitid) return event;
    try {
      return { ...event, gitcommitid: await this.#config.head({ project: event.data.project, stage }) };
    } catch (error) {
      // An unknown project or stage is told by the sequence's finished event.
      if (error instanceof ConfigNotFoundError) return event;
      throw error;
    }
  }

  async #shipyard(project: string): Promise<string | undefined> {
    try {
      const resource = await this.#config.read({ project }, 'shipyard.yaml');
      return resource === undefined ? undefined : decodeText(resource.content);
    } catch (error) {
      if (error instanceof ConfigNotFoundError) return undefined;
      throw error;
    }
  }

  /** The ids are made from the trigger's own, so that doing it again changes nothing. */
  async #finishAtOnce(event: KeptnEvent, row: SequenceStateRow, message: string): Promise<void> {
    const { project, stage, service, sequence } = row;
    const { labels } = event.data;
    const finished: KeptnEvent = {
      ...event,
      id: derivedId(event.id, 'finished'),
      type: sequenceEventType(stage, sequence, 'finished'),
      source: ENGINE_SOURCE,
      time: new Date().toISOString(),
      shkeptnspecversion: KEPTN_SPEC_VERSION,
      triggeredid: event.id,
      data: {
        project,
        stage,
        service,
        ...(labels === undefined ? {} : { labels }),
        status: 'errored',
        result: 'fail',
        message,
      },
    };
    await this.#store.appendEvents([finished], { close: [event.id] });
    const end = { state: 'finished', status: 'errored', result: 'fail', time: finished.time };
    await this.#store.saveSequenceState({ ...row, ...end });
  }

  async #enqueue(request: SequenceRequest): Promise<void> {
    const { project, stage, service } = request.input;
    const scope = { project, stage, service };
    try {
      await openGroup(this.#client, this.#taskQueue, request);
      await this.#client.workflow.signalWithStart('serviceQueue', {
        workflowId: queueWorkflowId(scope),
        taskQueue: this.#taskQueue,
        args: [scope],
        signal: enqueueSignal,
        signalArgs: [request],
        staticSummary: `queue of ${service} in ${stage}`,
        typedSearchAttributes: [
          { key: searchAttributes.project, value: project },
          { key: searchAttributes.stage, value: stage },
          { key: searchAttributes.service, value: service },
        ],
      });
    } catch (error) {
      if (!isGrpcServiceError(error)) throw error;
      throw new UnreachableError(
        `Temporal did not take sequence ${request.input.sequence} of ${service} in ${stage}: ` +
          `${error.details || error.message}`,
        'start Temporal or correct its address, then send the event again',
        { cause: error },
      );
    }
  }
}

/** Stage and sequence by the event's type; throws RefusedError when the event cannot name a run. */
function targetOf(event: KeptnEvent): TriggerTarget {
  const type = parseEventType(event.type);
  if (type?.of !== 'sequence' || type.kind !== 'triggered') {
    throw new RefusedError(
      `${event.type} does not trigger a sequence`,
      'send sh.keptn.event.<stage>.<sequence>.triggered',
    );
  }
  const { project, stage, service } = event.data;
  if (!project || !service || !event.shkeptncontext) {
    throw new RefusedError(
      'the event has no project, service or context',
      'give data.project and data.service',
    );
  }
  if (stage && stage !== type.stage) {
    throw new RefusedError(
      'stage name in event data and in event type does not match',
      `write ${type.stage} or ${stage} in both`,
    );
  }
  return { stage: type.stage, sequence: type.sequence };
}

/** The group that the run waits for; a sequence that promotes nothing, such as a rollback, waits for none. */
function groupOf(event: KeptnEvent, { together }: SequenceRequest): Group | undefined {
  const group = together === undefined ? undefined : readGroup(event.data);
  return group !== undefined && 'id' in group ? group : undefined;
}

/** What Temporal would refuse each time it is sent; undefined for a request that it takes. */
function tooLarge(request: SequenceRequest): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(request));
  if (bytes <= MAX_PAYLOAD_BYTES) return undefined;
  return (
    `its payload and its shipyard have ${bytes} bytes, at most ${MAX_PAYLOAD_BYTES} can be handed on; ` +
    'let the tasks before it answer with a link to their reports instead of the reports'
  );
}

function stateRow(event: KeptnEvent, target: TriggerTarget, occurrence: number): SequenceStateRow {
  const { project, service } = event.data;
  const { shkeptncontext: keptnContext, time } = event;
  return {
    project,
    service,
    keptnContext,
    ...target,
    workflowId: sequenceWorkflowId({ project, service, keptnContext, ...target, occurrence }),
    state: 'triggered',
    time: Number.isNaN(Date.parse(time)) ? new Date().toISOString() : time,
  };
}
