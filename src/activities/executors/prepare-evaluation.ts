import type { PreparedEvaluation, SliFetch } from '../../contracts/activities.ts';
import { taskEventType } from '../../contracts/events.ts';
import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';
import type { EvaluationInput } from '../../contracts/workflows.ts';
import { requestedResults } from '../../gate/history.ts';
import type { PreviousEvaluation, PreviousValue, Slo } from '../../gate/types.ts';
import { STEP_LABEL } from '../../sequence/traffic-steps.ts';
import type { EvaluationRow, ProjectRow, Store } from '../../store/store.ts';
import type { FileScope, ScopedFiles } from '../config/scoped-files.ts';
import type { ActivityDependencies, ActivityOptions } from './dependencies.ts';
import { ended, errored, unconfigured } from './evaluation-ended.ts';
import { type FetchParts, sampleFetches, sliFetch } from './evaluation-fetches.ts';
import { readSloFile } from './evaluation-slo.ts';
import { evaluationWindow } from './evaluation-window.ts';
import { textMap } from './payload.ts';
import { subscribers } from './registrations.ts';

/** A project that holds this file and names no provider means Prometheus. */
const PROMETHEUS_FILE = 'prometheus/sli.yaml';

type PreparationDependencies = Pick<ActivityDependencies, 'store' | 'sliProviders' | 'options'> & {
  files: ScopedFiles;
};

/** Everything before the SLIs are fetched, with the outcomes of Keptn's lighthouse 1.4.5 when something is missing. */
export class EvaluationPreparation {
  readonly #store: Store;
  readonly #files: ScopedFiles;
  readonly #providers: ReadonlyMap<string, unknown>;
  readonly #options: ActivityOptions | undefined;

  constructor(dependencies: PreparationDependencies) {
    this.#store = dependencies.store;
    this.#files = dependencies.files;
    this.#providers = dependencies.sliProviders;
    this.#options = dependencies.options;
  }

  /** The window, slo.yaml, the provider's name and the history; or the finished event when the evaluation ends here. */
  async prepare(request: EvaluationInput): Promise<PreparedEvaluation> {
    const window = evaluationWindow(request.triggered.data, new Date());
    if ('error' in window) return ended(request, errored(window.error));
    const project = await this.#store.project(request.project);
    const unknown = await this.#unknownScope(request, project);
    if (unknown !== undefined) {
      return ended(request, { ...errored(`error retrieving SLO file: ${unknown}`), window });
    }
    const { slo, refusal, problems, content } = await readSloFile(this.#files, filesOf(request));
    if (refusal !== undefined) return ended(request, { ...errored(refusal), window, problems });
    const provider = await this.#provider(request, project);
    if (provider === undefined) return ended(request, { ...unconfigured('SLI-provider', request), window });
    const fetch = await this.#fetch(request, { provider, slo, window });
    if (slo === null) return withoutFile(request, fetch);
    const comparisons = sampleFetches(request, { fetch, slo });
    return {
      outcome: 'ready',
      slo: slo as unknown as JsonObject,
      sloFileContent: Buffer.from(content).toString('base64'),
      previous: (await this.#previous(request, slo)) as unknown as JsonObject[],
      fetches: [fetch],
      ...(comparisons.length === 0 ? {} : { comparisons }),
      ...(problems.length === 0 ? {} : { problems }),
    };
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

  /**
   * A provider that the workers do not have is left to whoever answers get-sli.triggered: integrations that subscribe to
   * it by name, or programs that look for open events without being registered.
   */
  async #fetch(request: EvaluationInput, parts: FetchParts): Promise<SliFetch> {
    const fetch = sliFetch(request, parts);
    if (this.#providers.has(fetch.provider)) return fetch;
    const event = { type: taskEventType('get-sli', 'triggered'), data: request.triggered.data };
    const found = await subscribers(this.#store, event, Date.now());
    const responders = found.filter(({ exact }) => exact).map(({ name }) => name);
    return { ...fetch, responders };
  }

  /** Earlier evaluations as the gate takes them, newest first; none when slo.yaml asks for a number that the gate refuses. */
  async #previous(request: EvaluationInput, slo: Slo): Promise<PreviousEvaluation[]> {
    const limit = requestedResults(slo.comparison);
    if (limit === undefined) return [];
    const { project, stage, service } = request;
    const results = acceptedResults(slo.comparison.includeResultWithScore);
    const step = textMap(request.triggered.data.labels)[STEP_LABEL];
    const rows = await this.#store.evaluations({
      project,
      stage,
      service,
      excludeInvalidated: true,
      limit,
      ...(results === undefined ? {} : { results }),
      // A step serves a share of the users: its figures are compared with those of the same step, and with no others.
      ...(step === undefined ? { withoutLabel: STEP_LABEL } : { label: { key: STEP_LABEL, value: step } }),
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

/** An integration is asked all the same, as by Keptn: it may refuse. A worker's own provider has nothing to measure. */
function withoutFile(request: EvaluationInput, fetch: SliFetch): PreparedEvaluation {
  const { start, end, responders = [] } = fetch;
  if (responders.length === 0)
    return ended(request, { ...unconfigured('SLO file', request), window: { start, end } });
  return { outcome: 'ready', slo: null, sloFileContent: '', previous: [], fetches: [fetch] };
}
