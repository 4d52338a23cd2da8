import type { PreparedEvaluation, SliFetch } from '../../contracts/activities.ts';
import type { EventData, Result, Status } from '../../contracts/events.ts';
import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';
import type { EvaluationInput } from '../../contracts/workflows.ts';
import { formatProblem } from '../../files/problem.ts';
import { parseSlo } from '../../files/slo.ts';
import { requestedResults } from '../../gate/history.ts';
import { resolveTimeframe } from '../../gate/timeframe.ts';
import type { PreviousEvaluation, PreviousValue, Slo } from '../../gate/types.ts';
import type { EvaluationRow, ProjectRow, Store } from '../../store/store.ts';
import { ConfigNotFoundError } from '../config/errors.ts';
import type { FileScope, FoundFile, ScopedFiles } from '../config/scoped-files.ts';
import type { ActivityOptions } from './dependencies.ts';
import { objectAt, textAt, textMap, textsAt } from './payload.ts';

const SLO_FILE = 'slo.yaml';
/** A project that holds this file and names no provider means Prometheus. */
const PROMETHEUS_FILE = 'prometheus/sli.yaml';

interface Window {
  start: string;
  end: string;
}

/** An evaluation that is over before anything is measured. */
interface Ended {
  status: Status;
  result: Result;
  message: string;
  window?: Window;
}

/** Everything before the SLIs are fetched, with the outcomes of Keptn's lighthouse 1.4.5 when something is missing. */
export class EvaluationPreparation {
  readonly #store: Store;
  readonly #files: ScopedFiles;
  readonly #options: ActivityOptions | undefined;

  constructor(dependencies: { store: Store; files: ScopedFiles; options?: ActivityOptions }) {
    this.#store = dependencies.store;
    this.#files = dependencies.files;
    this.#options = dependencies.options;
  }

  /** The window, slo.yaml, the provider's name and the history; or the finished event when the evaluation ends here. */
  async prepare(request: EvaluationInput): Promise<PreparedEvaluation> {
    const window = windowOf(request.triggered.data);
    if ('error' in window) return ended(request, errored(window.error));
    const project = await this.#store.project(request.project);
    const file = await this.#sloFile(request, project);
    if ('message' in file) return ended(request, { ...file, window });
    const provider = await this.#provider(request, project);
    if (provider === undefined) return ended(request, { ...unconfigured('SLI-provider', request), window });
    const parsed = parseSlo(file.found?.text ?? null, { file: SLO_FILE });
    if (parsed.sloProblem !== undefined) {
      const { stage, service } = request;
      const text = `Could not parse SLO file for service ${service} in stage ${stage} in project ${request.project}`;
      const places = parsed.problems.map(formatProblem).join('; ');
      return ended(request, { ...errored(`${text}: ${places}`), window });
    }
    if (parsed.slo === null) return ended(request, { ...unconfigured('SLO file', request), window });
    const previous = await this.#previous(request, parsed.slo);
    return {
      outcome: 'ready',
      slo: parsed.slo as unknown as JsonObject,
      sloFileContent: Buffer.from(file.found?.resource.content ?? new Uint8Array()).toString('base64'),
      previous: previous as unknown as JsonObject[],
      fetches: [sliFetch(request, { provider, slo: parsed.slo, window })],
    };
  }

  /** slo.yaml of the service at the event's commit, without fallback to stage or project. */
  async #sloFile(
    request: EvaluationInput,
    project: ProjectRow | undefined,
  ): Promise<{ found: FoundFile | undefined } | Ended> {
    const unknown = await this.#unknownScope(request, project);
    if (unknown !== undefined) return errored(`error retrieving SLO file: ${unknown}`);
    try {
      return { found: await this.#files.at(filesOf(request), 'service', SLO_FILE) };
    } catch (error) {
      if (!(error instanceof ConfigNotFoundError)) throw error;
      return errored(`error retrieving SLO file: ${error.message}`);
    }
  }

  async #unknownScope(
    request: EvaluationInput,
    project: ProjectRow | undefined,
  ): Promise<string | undefined> {
    if (project === undefined) return `project ${request.project} not found`;
    if (!project.stages.includes(request.stage)) return `stage ${request.stage} not found`;
    const services = await this.#store.services(request.project);
    return services.some(({ name }) => name === request.service)
      ? undefined
      : `service ${request.service} not found`;
  }

  /** The project's provider; else the operator's default; else Prometheus where the files have its queries. */
  async #provider(request: EvaluationInput, project: ProjectRow | undefined): Promise<string | undefined> {
    if (project?.sliProvider !== undefined && project.sliProvider !== '') return project.sliProvider;
    if (this.#options?.defaultSliProvider !== undefined) return this.#options.defaultSliProvider;
    const file = await this.#files.lowest(filesOf(request), PROMETHEUS_FILE);
    return file === undefined ? undefined : 'prometheus';
  }

  /** Earlier evaluations as the gate takes them, newest first; none when slo.yaml asks for a number that the gate refuses. */
  async #previous(request: EvaluationInput, slo: Slo): Promise<PreviousEvaluation[]> {
    const limit = requestedResults(slo.comparison);
    if (limit === undefined) return [];
    const { project, stage, service } = request;
    const results = acceptedResults(slo.comparison.includeResultWithScore);
    const rows = await this.#store.evaluations({
      project,
      stage,
      service,
      excludeInvalidated: true,
      limit,
      ...(results === undefined ? {} : { results }),
    });
    const metrics = new Set(slo.objectives.map(({ sli }) => sli));
    return rows.map((row) => previousEvaluation(row, metrics));
  }
}

/** `pass` and `pass_or_warn` narrow the history, any other word means all of it (Keptn 1.4.5). */
function acceptedResults(include: string): string[] | undefined {
  const wanted = include.toLowerCase();
  if (wanted === 'pass') return ['pass'];
  return wanted === 'pass_or_warn' ? ['pass', 'warning'] : undefined;
}

function filesOf({ project, stage, service, gitCommitId }: EvaluationInput): FileScope {
  return { project, stage, service, commit: gitCommitId };
}

function windowOf(data: EventData): Window | { error: string } {
  const times = (key: string) => {
    const block = objectAt(data, key);
    return { start: textAt(block, 'start'), end: textAt(block, 'end') };
  };
  const timeframe = textAt(objectAt(data, 'evaluation'), 'timeframe');
  return resolveTimeframe(
    { evaluation: { ...times('evaluation'), timeframe }, test: times('test') },
    new Date(),
  );
}

function sliFetch(
  request: EvaluationInput,
  { provider, slo, window }: { provider: string; slo: Slo; window: Window },
): SliFetch {
  const { project, stage, service, gitCommitId, triggered } = request;
  return {
    project,
    stage,
    service,
    provider,
    indicators: slo.objectives.map(({ sli }) => sli),
    ...window,
    deployment: textsAt(objectAt(triggered.data, 'deployment'), 'deploymentNames')[0] ?? '',
    labels: textMap(triggered.data.labels),
    customFilters: Object.entries(slo.filter).map(([key, value]) => ({ key, value })),
    gitCommitId,
  };
}

/** Only the metrics of today's objectives: nothing else is compared, and the run's history stays small. */
function previousEvaluation(row: EvaluationRow, metrics: ReadonlySet<string>): PreviousEvaluation {
  const { indicatorResults } = row.evaluation;
  if (!Array.isArray(indicatorResults)) return { id: row.id, result: row.result, indicatorResults: null };
  const values = indicatorResults.map(previousValue);
  const compared = values.filter((value) => value !== null && metrics.has(value.metric));
  return { id: row.id, result: row.result, indicatorResults: compared };
}

function previousValue(indicator: Json): PreviousValue {
  const value = isJsonObject(indicator) ? indicator.value : undefined;
  if (!isJsonObject(value) || typeof value.metric !== 'string') return null;
  const measured = typeof value.value === 'number' ? value.value : 0;
  return { metric: value.metric, value: measured, success: value.success === true };
}

function errored(message: string): Ended {
  return { status: 'errored', result: 'fail', message };
}

/** Keptn lets an evaluation pass for which nothing was configured; the message says that nothing was judged. */
function unconfigured(what: 'SLI-provider' | 'SLO file', { project }: EvaluationInput): Ended {
  return {
    status: 'succeeded',
    result: 'pass',
    message: `no evaluation performed by lighthouse because no ${what} configured for project ${project}`,
  };
}

function ended(request: EvaluationInput, { status, result, message, window }: Ended): PreparedEvaluation {
  const { labels } = request.triggered.data;
  return {
    outcome: 'finished',
    finished: {
      project: request.project,
      stage: request.stage,
      service: request.service,
      ...(labels === undefined ? {} : { labels }),
      status,
      result,
      message,
      evaluation: {
        timeStart: window?.start ?? '',
        timeEnd: window?.end ?? '',
        result,
        score: 0,
        sloFileContent: '',
        indicatorResults: null,
      },
    },
  };
}
