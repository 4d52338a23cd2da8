import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { KeptnEvent } from '../contracts/events.ts';
import { soFarQuery } from '../contracts/messages.ts';
import type { RunSoFar, SequenceRequest } from '../contracts/workflows.ts';
import { planRerun } from '../sequence/rerun.ts';
import { isEnd } from '../sequence/state-view.ts';
import type { SequenceStateRow, Store } from '../store/store.ts';
import { derivedId } from './derived-id.ts';
import { NotFoundError, RefusedError } from './errors.ts';

/** Which run is done again, and from which task; both are found when they are not named. */
export interface RerunRequest {
  project: string;
  keptnContext: string;
  /** Needed when sequences of several stages did not pass. */
  stage?: string | undefined;
  /** Default: the task that failed or was open. */
  from?: string | undefined;
  by?: string | undefined;
  reason?: string | undefined;
}

/** The new run. */
export interface Rerun {
  keptnContext: string;
  stage: string;
  sequence: string;
  /** The task that it begins with. */
  from: string;
}

interface RerunDependencies {
  temporalClient: Client;
  store: Store;
  /** Starts a run with the definition that is given here. */
  start(event: KeptnEvent, request: SequenceRequest): Promise<void>;
}

const MAX_RUNS = 1_000;

/**
 * Starts the sequence of an ended run again in its context, with the same pinned definition and what its earlier tasks
 * answered. Asking twice for the same run starts it once. Throws NotFoundError, RefusedError.
 */
export async function rerun(
  { temporalClient, store, start }: RerunDependencies,
  request: RerunRequest,
): Promise<Rerun> {
  const { project, keptnContext, from, by, reason } = request;
  const rows = await store.sequenceStates({ project, keptnContext, limit: MAX_RUNS, offset: 0 });
  const row = failedRun(rows, request);
  const { workflowId, stage, sequence } = row;
  const { request: earlier, completed } = await earlierRun(temporalClient, workflowId);
  if (earlier.together !== undefined) {
    throw new RefusedError(
      `${sequence} in ${stage} ran together with ${earlier.together.services.join(', ')}, which all failed with it`,
      'trigger the delivery of all of them again',
    );
  }
  const plan = planRerun(
    {
      tasks: earlier.input.tasks,
      completed,
      outcome: row.state === 'timedOut' || row.state === 'aborted' ? row.state : 'finished',
      followed: rows.slice(0, rows.indexOf(row)).some((later) => later.stage === stage),
    },
    from,
  );
  if (plan.kind === 'refused') {
    throw new RefusedError(
      `${sequence} in ${stage} is not started again: ${plan.reason}`,
      'look at the run with `slipway status`',
    );
  }
  const event = await triggerOf(store, earlier, { workflowId, from: plan.task, by, reason });
  const { paused: _paused, ...pinned } = earlier;
  const input = { ...pinned.input, triggeredId: event.id, completed: plan.completed };
  await start(event, { ...pinned, input });
  return { keptnContext, stage, sequence, from: plan.task };
}

/** The newest run of a sequence that has ended without a pass. Throws NotFoundError, RefusedError. */
function failedRun(
  rows: readonly SequenceStateRow[],
  { keptnContext, stage }: RerunRequest,
): SequenceStateRow {
  const inStage = rows.filter((row) => stage === undefined || row.stage === stage);
  if (inStage.length === 0) {
    throw new NotFoundError(
      `no run with the Keptn context ${keptnContext} is known${stage === undefined ? '' : ` in stage ${stage}`}`,
      'list the runs with `slipway get sequences --project <project>`',
    );
  }
  const active = inStage.find((row) => !isEnd(row.state));
  if (active !== undefined) {
    throw new RefusedError(
      `the run ${keptnContext} goes on: ${active.sequence} in ${active.stage} is ${active.state}`,
      'wait for its end, or abort it first',
    );
  }
  const newest = new Map<string, SequenceStateRow>();
  for (const row of inStage.toReversed()) newest.set(`${row.stage}.${row.sequence}`, row);
  const failed = [...newest.values()].filter(hasNotPassed);
  const stages = new Set(failed.map((row) => row.stage));
  const [first] = failed;
  if (first === undefined) {
    throw new RefusedError(
      `the run ${keptnContext} has passed: there is nothing to repeat`,
      'trigger a new one',
    );
  }
  if (stages.size > 1) {
    throw new RefusedError(
      `the run ${keptnContext} did not pass in several stages: ${[...stages].join(', ')}`,
      'name the stage (--stage)',
    );
  }
  return first;
}

/** An aborted run counts as pass in Keptn's words; here it has not passed. */
function hasNotPassed({ state, result }: SequenceStateRow): boolean {
  return state !== 'finished' || (result !== 'pass' && result !== 'warning');
}

/** What the earlier run was started with and how far it came, as the workflow itself tells. */
async function earlierRun(client: Client, workflowId: string): Promise<RunSoFar> {
  try {
    return await client.workflow.getHandle(workflowId).query(soFarQuery);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new NotFoundError(
      `Temporal does not keep the run ${workflowId} (any more): it never started, or its retention is over`,
      'trigger the sequence anew',
    );
  }
}

/** The trigger of the new run; its id is made of the earlier one's, so that it is started once however often it is asked for. */
async function triggerOf(
  store: Store,
  { input }: SequenceRequest,
  told: { workflowId: string; from: string; by?: string | undefined; reason?: string | undefined },
): Promise<KeptnEvent> {
  const { events } = await store.events({ eventId: input.triggeredId, limit: 1, offset: 0 });
  const [first] = events;
  if (first === undefined) {
    throw new NotFoundError(
      `the event ${input.triggeredId} that started the run is not stored any more`,
      'trigger the sequence anew',
    );
  }
  const { workflowId, from, by, reason } = told;
  return {
    ...first,
    id: derivedId(first.id, 'rerun'),
    time: new Date().toISOString(),
    data: {
      ...first.data,
      'x-rerun': {
        of: workflowId,
        from,
        ...(by === undefined ? {} : { by }),
        ...(reason === undefined ? {} : { reason }),
      },
    },
  };
}
