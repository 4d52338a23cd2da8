import type { KeptnEvent } from '../contracts/events.ts';
import type { ActiveRun, ActiveRunsQuery } from './active-runs.ts';
import {
  activeRunsAnswer,
  anything,
  rerunAnswer,
  rollbackAnswer,
  type SequenceView,
  sequencesPage,
} from './answers.ts';
import { NotFoundError, RefusedError } from './errors.ts';
import { listEvents } from './events.ts';
import type { ApiHttp } from './http.ts';
import { fetchAll } from './paging.ts';
import type { Rerun, RerunRequest } from './rerun.ts';
import type { RollbackRequest, StartedRollback } from './rollback.ts';
import { allSequencesFinished, hasEnded, type Run, sequencesOf, verdictOf } from './run.ts';

const SEQUENCES = ['controlPlane', 'v1', 'sequence'] as const;

/** Which runs to list. */
export interface RunFilter {
  project: string;
  keptnContext?: string | undefined;
  /** Name of the first sequence. */
  name?: string | undefined;
  state?: string | undefined;
}

/** A run to pause, resume or abort. */
export interface ControlRequest {
  project: string;
  keptnContext: string;
  /** Only this stage; default the whole run. */
  stage?: string | undefined;
  by?: string | undefined;
  reason?: string | undefined;
}

export function listSequences(
  http: ApiHttp,
  filter: RunFilter,
  signal?: AbortSignal,
): Promise<SequenceView[]> {
  const { project, ...query } = filter;
  const path = [...SEQUENCES, project];
  return fetchAll(http, { path, query, answer: sequencesPage, signal }, (page) => page.states);
}

/** What the runs of a project wait for now. Keptn itself has no such answer: it throws NotFoundError there. */
export async function listActiveRuns(
  http: ApiHttp,
  { project, keptnContext }: ActiveRunsQuery,
): Promise<ActiveRun[]> {
  const path = ['slipway', 'v1', 'project', project, 'run'];
  return (await http.send({ method: 'GET', path, query: { keptnContext }, answer: activeRunsAnswer })).runs;
}

/** Pauses, resumes or aborts a run that goes on; Keptn's API itself accepts any context in silence. */
export async function controlSequence(
  http: ApiHttp,
  state: 'pause' | 'resume' | 'abort',
  request: ControlRequest,
): Promise<void> {
  const { project, keptnContext, stage = '', by, reason } = request;
  const [run] = await listSequences(http, { project, keptnContext });
  if (run === undefined) throw unknownRun(keptnContext);
  if (hasEnded(run.state)) {
    throw new RefusedError(
      `the run ${keptnContext} has ended (${run.state}): there is nothing to ${state}`,
      'list what runs with `slipway get sequences --state started`',
    );
  }
  const path = [...SEQUENCES, project, keptnContext, 'control'];
  await http.send({ method: 'POST', path, body: { state, stage, by, reason }, answer: anything });
}

/** Starts an ended run again from the task that did not pass; refused when it goes on or has passed. */
export function rerunSequence(http: ApiHttp, request: RerunRequest): Promise<Rerun> {
  const { project, keptnContext, ...body } = request;
  const path = ['slipway', 'v1', 'project', project, 'run', keptnContext, 'rerun'];
  return http.send({ method: 'POST', path, body, answer: rerunAnswer });
}

/** Goes back to the old version that the last release keeps warm. */
export function rollbackService(http: ApiHttp, request: RollbackRequest): Promise<StartedRollback> {
  const { project, stage, service, ...body } = request;
  const path = ['slipway', 'v1', 'project', project, 'stage', stage, 'service', service, 'rollback'];
  return http.send({ method: 'POST', path, body, answer: rollbackAnswer });
}

/** The whole run of a context, from its events and the API's view. Throws NotFoundError. */
export async function readRun(http: ApiHttp, keptnContext: string): Promise<Run> {
  const events = (await listEvents(http, { keptnContext })).reverse();
  return readRunOf(http, keptnContext, events);
}

/** Like readRun with the events at hand, in the order in which they happened. */
export async function readRunOf(
  http: ApiHttp,
  keptnContext: string,
  events: readonly KeptnEvent[],
  signal?: AbortSignal,
): Promise<Run> {
  const project = events.find((event) => event.data.project !== '')?.data.project;
  if (project === undefined) throw unknownRun(keptnContext);
  const views = await listSequences(http, { project, keptnContext }, signal);
  return assembleRun(
    keptnContext,
    events,
    views.find((view) => view.shkeptncontext === keptnContext),
  );
}

function assembleRun(
  keptnContext: string,
  events: readonly KeptnEvent[],
  view: SequenceView | undefined,
): Run {
  const sequences = sequencesOf(events);
  const state = view?.state ?? 'triggered';
  const waits = sequences.some((run) => run.tasks.some((task) => task.state === 'waitingForApproval'));
  const complete = hasEnded(state) && (state !== 'finished' || allSequencesFinished(sequences));
  const firstWith = (key: 'project' | 'service') =>
    events.find((event) => event.data[key] !== '')?.data[key] ?? '';
  return {
    keptnContext,
    project: view?.project ?? firstWith('project'),
    service: view?.service ?? firstWith('service'),
    name: view?.name ?? sequences[0]?.sequence ?? '',
    // Keptn's view stays `started` while a person is asked.
    state: state === 'started' && waits ? 'waitingForApproval' : state,
    ...(complete ? verdictOf(state, sequences) : {}),
    sequences,
  };
}

function unknownRun(keptnContext: string): NotFoundError {
  return new NotFoundError(
    `no run with the Keptn context ${keptnContext} is known`,
    'list the runs with `slipway get sequences --project <project>`',
  );
}
