import { type Client, isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { type QueueScope, queueWorkflowId } from '../contracts/ids.ts';
import { queueStatusQuery, statusQuery } from '../contracts/messages.ts';
import type { QueueStatus, SequenceStatus } from '../contracts/workflows.ts';
import { isEnd } from '../sequence/state-view.ts';
import type { SequenceStateRow, Store } from '../store/store.ts';

/** One run that has not ended, and what it waits for. */
export interface ActiveRun extends QueueScope {
  keptnContext: string;
  sequence: string;
  workflowId: string;
  /** triggered, waiting, started, waitingForApproval or paused. */
  state: string;
  /** Its place in the queue while it waits: 1 is the next to start. */
  position?: number;
  /** The task that is open. */
  task?: string;
  /** Who carries the open task out, in words. */
  executor?: string;
  /** Who is missing, in words: nobody is known who would carry the open task out. */
  missing?: string;
}

/** Which runs to look at. */
export interface ActiveRunsQuery {
  project: string;
  keptnContext?: string;
}

/** Newest sequences that are looked through, and runs that are asked; a page of people's interest, not all of history. */
const MAX_ROWS = 1_000;
const MAX_ASKED = 200;
/** Workflows asked at a time. */
const AT_ONCE = 20;
/** Without a worker nobody answers a query; the rest of the answer must not wait for it. */
const ANSWER_MS = 3_000;

/** Says what the runs of a project wait for, by asking the workflows themselves. */
export class ActiveRuns {
  readonly #client: Client;
  readonly #store: Pick<Store, 'sequenceStates'>;

  constructor({ temporalClient, store }: { temporalClient: Client; store: Pick<Store, 'sequenceStates'> }) {
    this.#client = temporalClient;
    this.#store = store;
  }

  /** Newest first, at most 200; a run whose workflow does not answer in 3 seconds comes without details. */
  async of({ project, keptnContext }: ActiveRunsQuery): Promise<ActiveRun[]> {
    const rows = await this.#store.sequenceStates({
      project,
      ...(keptnContext === undefined ? {} : { keptnContext }),
      limit: MAX_ROWS,
      offset: 0,
    });
    const active = rows.filter((row) => !isEnd(row.state)).slice(0, MAX_ASKED);
    const queues = new Map<string, Promise<QueueStatus | undefined>>();
    const runs: ActiveRun[] = [];
    for (let start = 0; start < active.length; start += AT_ONCE) {
      const batch = active.slice(start, start + AT_ONCE);
      runs.push(...(await Promise.all(batch.map((row) => this.#describe(row, queues)))));
    }
    return runs;
  }

  async #describe(
    row: SequenceStateRow,
    queues: Map<string, Promise<QueueStatus | undefined>>,
  ): Promise<ActiveRun> {
    const { project, stage, service, keptnContext, sequence, workflowId, state } = row;
    const run = { project, stage, service, keptnContext, sequence, workflowId, state };
    if (state !== 'waiting') return { ...run, ...openTask(await this.#status(workflowId)) };
    const queueId = queueWorkflowId(row);
    const known = queues.get(queueId) ?? this.#queue(queueId);
    queues.set(queueId, known);
    const place = (await known)?.waiting.indexOf(workflowId) ?? -1;
    return place < 0 ? run : { ...run, position: place + 1 };
  }

  #status(workflowId: string): Promise<SequenceStatus | undefined> {
    return this.#ask(() => this.#client.workflow.getHandle(workflowId).query(statusQuery));
  }

  #queue(workflowId: string): Promise<QueueStatus | undefined> {
    return this.#ask(() => this.#client.workflow.getHandle(workflowId).query(queueStatusQuery));
  }

  /** Undefined when the workflow is gone, or nobody answers for it. */
  async #ask<T>(query: () => Promise<T>): Promise<T | undefined> {
    try {
      return await this.#client.withDeadline(Date.now() + ANSWER_MS, query);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError || isGrpcServiceError(error)) return undefined;
      throw error;
    }
  }
}

function openTask(status: SequenceStatus | undefined): Pick<ActiveRun, 'task' | 'executor' | 'missing'> {
  const open = status?.tasks.find(({ state }) => state === 'running' || state === 'waitingForApproval');
  if (open === undefined) return {};
  const { task, executor, missing } = open;
  return { task, executor, ...(missing === undefined ? {} : { missing }) };
}
