import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { ConfigRepo } from '../activities/config/config-repo.ts';
import { ConfigNotFoundError } from '../activities/config/errors.ts';
import { decodeText } from '../activities/config/scoped-files.ts';
import type { KeptnEvent } from '../contracts/events.ts';
import { TASK_QUEUE } from '../contracts/task-queues.ts';
import type { DefaultTimeouts, SequenceRequest } from '../contracts/workflows.ts';
import { MAX_OCCURRENCES, tooManyOccurrences } from '../sequence/limits.ts';
import type { SequenceStateRow, Store } from '../store/store.ts';
import { Admission } from './admission.ts';
import { beginsPaused } from './context-pause.ts';
import type { RunsDependencies } from './engine.ts';
import { enqueue } from './enqueue.ts';
import { RefusedError } from './errors.ts';
import { finishAtOnce } from './finish-at-once.ts';
import { type Hold, Holds } from './holds.ts';
import {
  DEFAULT_TIMEOUTS,
  type PinnedSequence,
  pinSequence,
  readShipyard,
  type TriggerTarget,
} from './pinned-request.ts';
import { type RollbackRequest, rollback, type StartedRollback } from './rollback.ts';
import type { RunControl } from './run-control.ts';
import { Starts } from './starts.ts';
import { leaveGroup } from './together.ts';
import { groupOf, stateRow, targetOf, tooLarge } from './trigger-target.ts';

/** Most runs of a context that are looked at. */
const MAX_RUNS = 1_000;

type FoundSequence = Extract<PinnedSequence, { found: true }>;

/** Starts sequences: pins their definition, gives them their place, refuses or holds them, and hands them to their queue. */
export class SequenceStarter {
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
      await finishAtOnce(this.#store, event, { row, message: refusal ?? '' });
      if (pinned.found) {
        const { request } = pinned;
        await leaveGroup(this.#client, this.#taskQueue, { request, message: refusal ?? '' });
      }
      log.warn({ reason: refusal }, 'sequence cannot start');
      return;
    }
    const paused = hold.paused === true || (await this.#isPaused(event, target.stage));
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
  async #isPaused({ data, shkeptncontext }: KeptnEvent, stage: string): Promise<boolean> {
    const query = { project: data.project, keptnContext: shkeptncontext, limit: MAX_RUNS, offset: 0 };
    return beginsPaused(await this.#store.sequenceStates(query), stage);
  }

  async #isKnown({ project, keptnContext, workflowId }: SequenceStateRow): Promise<boolean> {
    const query = { project, keptnContext, limit: MAX_RUNS, offset: 0 };
    return (await this.#store.sequenceStates(query)).some((row) => row.workflowId === workflowId);
  }

  /** Keptn 1.4.5: a trigger without a commit runs at the newest commit of its stage, also when it was pushed a moment ago. */
  async #withCommit(event: KeptnEvent, { stage }: TriggerTarget): Promise<KeptnEvent> {
    if (event.gitcommitid) return event;
    try {
      const scope = { project: event.data.project, stage };
      return { ...event, gitcommitid: await this.#config.head(scope, { maxAgeMs: 0 }) };
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

  #enqueue(request: SequenceRequest): Promise<void> {
    return enqueue(this.#client, this.#taskQueue, request);
  }
}
