import { findApi } from '../config/api.ts';
import type { SettingFlags } from '../config/load.ts';
import { loadSettings } from '../config/load.ts';
import type { EventData, KeptnEvent } from '../contracts/events.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { DeploymentPreview } from '../contracts/preview.ts';
import type { ActiveRun, ActiveRunsQuery } from './active-runs.ts';
import {
  type Metadata,
  metadataAnswer,
  type Project,
  type SequenceView,
  type Service,
  type Stage,
} from './answers.ts';
import { type Decided, type DecisionRequest, decide, listOpenApprovals } from './approvals.ts';
import { previewDeployments } from './deployment-preview.ts';
import { NotFoundError } from './errors.ts';
import * as history from './evaluation-history.ts';
import * as events from './events.ts';
import { ApiHttp, type HttpOptions } from './http.ts';
import type { Line } from './line.ts';
import * as projects from './projects.ts';
import type { Rerun, RerunRequest } from './rerun.ts';
import * as resources from './resources.ts';
import type { RollbackRequest, StartedRollback } from './rollback.ts';
import type { Run } from './run.ts';
import {
  type ControlRequest,
  controlSequence,
  listActiveRuns,
  listSequences,
  type RunFilter,
  readRun,
  rerunSequence,
  rollbackService,
} from './runs.ts';
import * as trigger from './trigger.ts';
import { type WaitOptions, waitForRun } from './wait.ts';

/** The Keptn context of a run that was started. */
export interface Started {
  keptnContext: string;
}

/** Starts, follows and controls deliveries over the Keptn-compatible API. Every method throws the errors of errors.ts. */
export class SlipwayClient {
  readonly #http: ApiHttp;

  constructor(options: HttpOptions) {
    this.#http = new ApiHttp(options);
  }

  /** Endpoint and token as the `slipway` command finds them: SLIPWAY_ENDPOINT, slipway.toml, or the running `slipway dev`. Throws ConfigurationError. */
  static async fromEnvironment(flags: SettingFlags = {}): Promise<SlipwayClient> {
    return new SlipwayClient(await findApi(await loadSettings({ flags })));
  }

  /** Base address of the API. */
  get endpoint(): string {
    return this.#http.endpoint;
  }

  /** Checks that the API is there and takes the token. */
  metadata(): Promise<Metadata> {
    return this.#http.send({ method: 'GET', path: ['v1', 'metadata'], answer: metadataAnswer });
  }

  createProject(project: projects.NewProject): Promise<void> {
    return projects.createProject(this.#http, project);
  }

  /** Removes a project; one that does not exist is no error (Keptn 1.4.5). */
  deleteProject(name: string): Promise<void> {
    return projects.deleteProject(this.#http, name);
  }

  /** Creates the service in all stages of the project. */
  createService(service: { project: string; service: string }): Promise<void> {
    return projects.createService(this.#http, service.project, service.service);
  }

  /** Deletes the service and takes away what it has deployed in every stage, as Keptn did; that goes on behind the answer. */
  deleteService(service: { project: string; service: string }): Promise<void> {
    return projects.deleteService(this.#http, service.project, service.service);
  }

  /** Stores a file; answers the commit, when the API tells it. */
  addResource(resource: resources.NewResource): Promise<string | undefined> {
    return resources.addResource(this.#http, resource);
  }

  /** Paths of the stored files. */
  resources(scope: resources.ResourceScope): Promise<string[]> {
    return resources.listResources(this.#http, scope);
  }

  /** One stored file. */
  resource(scope: resources.ResourceScope & { resourceUri: string }): Promise<resources.Resource> {
    return resources.readResource(this.#http, scope);
  }

  projects(): Promise<Project[]> {
    return projects.listProjects(this.#http);
  }

  /** One project; its stages stand in the order of the shipyard. */
  project(name: string): Promise<Project> {
    return projects.readProject(this.#http, name);
  }

  stages(project: string): Promise<Stage[]> {
    return projects.listStages(this.#http, project);
  }

  services(scope: { project: string; stage: string }): Promise<Service[]> {
    return projects.listServices(this.#http, scope.project, scope.stage);
  }

  /** Runs of a project as the API lists them, one entry for each Keptn context. */
  sequences(filter: RunFilter): Promise<SequenceView[]> {
    return listSequences(this.#http, filter);
  }

  /** evaluation.finished events without the invalidated ones, newest first. */
  evaluations(filter: events.EvaluationFilter): Promise<KeptnEvent[]> {
    return events.listEvaluations(this.#http, filter);
  }

  /** Stored evaluations with the invalidated ones, newest first, as importEvaluations takes them; Slipway only. */
  exportEvaluations(filter: history.HistoryFilter = {}): AsyncGenerator<JsonObject> {
    return history.readHistory(this.#http, filter);
  }

  /** Stores up to 1000 exported evaluations, at most 7 MB; those that are there already stay. Slipway only. */
  importEvaluations(evaluations: readonly JsonObject[]): Promise<number> {
    return history.writeHistory(this.#http, evaluations);
  }

  /** Stored events, newest first. */
  events(filter: events.EventFilter): Promise<KeptnEvent[]> {
    return events.listEvents(this.#http, filter);
  }

  /** Sends any event that the API accepts (Keptn 1.4.5: sequence `.triggered`, task `.started`, `.finished`, `.invalidated`). */
  sendEvent(event: events.NewEvent): Promise<Started> {
    return events.sendEvent(this.#http, event);
  }

  /** Starts a delivery: `<stage>.delivery.triggered` with the image. */
  triggerDelivery(request: trigger.DeliveryRequest): Promise<Started> {
    return trigger.triggerDelivery(this.#http, request);
  }

  /** Starts deliveries of several services that are promoted together or not at all. Slipway only. */
  triggerDeliveries(request: trigger.DeliveriesRequest): Promise<trigger.StartedTogether> {
    return trigger.triggerDeliveries(this.#http, request);
  }

  /** The event that triggerDelivery would send; nothing is sent. */
  deliveryEvent(request: trigger.DeliveryRequest): Promise<events.NewEvent> {
    return trigger.deliveryEvent(this.#http, request);
  }

  /** What the deployments of a trigger event would change, stage by stage; nothing is started. Slipway only. */
  previewDeployments(event: events.NewEvent): Promise<DeploymentPreview[]> {
    return previewDeployments(this.#http, event);
  }

  triggerSequence(request: trigger.SequenceRequest): Promise<Started> {
    return trigger.triggerSequence(this.#http, request);
  }

  triggerEvaluation(request: trigger.EvaluationRequest): Promise<Started> {
    return trigger.triggerEvaluation(this.#http, request);
  }

  /** Follows a run through all its stages until nothing more will happen. */
  waitForSequence(keptnContext: string, options: WaitOptions = {}): Promise<Run> {
    return waitForRun(this.#http, keptnContext, options);
  }

  /** The same as waitForSequence, for code that reads better with it. */
  waitForDelivery(keptnContext: string, options: WaitOptions = {}): Promise<Run> {
    return waitForRun(this.#http, keptnContext, options);
  }

  /** Where a run stands: stages, tasks, results. */
  status(keptnContext: string): Promise<Run> {
    return readRun(this.#http, keptnContext);
  }

  /** Runs that have not ended: their place in the queue, and who is missing to carry a task out. Slipway only. */
  activeRuns(query: ActiveRunsQuery): Promise<ActiveRun[]> {
    return listActiveRuns(this.#http, query);
  }

  /** approval.triggered events that wait for a person. */
  openApprovals(filter: { project: string; stage?: string; service?: string }): Promise<KeptnEvent[]> {
    return listOpenApprovals(this.#http, filter);
  }

  approve(request: DecisionRequest): Promise<Decided> {
    return decide(this.#http, 'approve', request);
  }

  decline(request: DecisionRequest): Promise<Decided> {
    return decide(this.#http, 'decline', request);
  }

  /** The running task may end; the next one is held back. */
  pause(request: ControlRequest): Promise<void> {
    return controlSequence(this.#http, 'pause', request);
  }

  resume(request: ControlRequest): Promise<void> {
    return controlSequence(this.#http, 'resume', request);
  }

  abort(request: ControlRequest): Promise<void> {
    return controlSequence(this.#http, 'abort', request);
  }

  /** Starts an ended run again in its context from the task that did not pass, with its pinned definition. Slipway only. */
  rerun(request: RerunRequest): Promise<Rerun> {
    return rerunSequence(this.#http, request);
  }

  /** Goes back to the old version that the last release keeps warm (`x-keep-warm`): one write of the weights. Slipway only. */
  rollback(request: RollbackRequest): Promise<StartedRollback> {
    return rollbackService(this.#http, request);
  }

  /** Starts nothing new in the project and pauses what runs, until resumeLine. Slipway only. */
  stopLine({
    project,
    reason,
    by,
  }: {
    project: string;
    reason: string;
    by?: string | undefined;
  }): Promise<Line> {
    return projects.changeLine(this.#http, project, { state: 'stopped', reason, by });
  }

  /** Lets the project start sequences again and resumes what stopLine has paused. Slipway only. */
  resumeLine(change: {
    project: string;
    reason?: string | undefined;
    by?: string | undefined;
  }): Promise<Line> {
    const { project, reason, by } = change;
    return projects.changeLine(this.#http, project, { state: 'running', reason, by });
  }

  /** Takes an evaluation out of later comparisons; `evaluationId` is the id of its evaluation.finished event. There is no way back. */
  async invalidateEvaluation(request: { evaluationId: string; reason: string }): Promise<void> {
    const type = 'sh.keptn.event.evaluation.finished';
    const [finished] = await this.events({ eventId: request.evaluationId, type });
    if (finished?.triggeredid === undefined) {
      throw new NotFoundError(
        `no evaluation with the id ${request.evaluationId} is known`,
        'list them with `slipway get evaluations --project <project>`',
      );
    }
    const { project, stage, service } = finished.data;
    const data: EventData = { project, stage, service, evaluation: { reason: request.reason } };
    await this.sendEvent({
      type: 'sh.keptn.event.evaluation.invalidated',
      shkeptncontext: finished.shkeptncontext,
      triggeredid: finished.triggeredid,
      data,
    });
  }

  /** Names the SLI provider of a project: sends `monitoring.configure`. */
  configureMonitoring(request: {
    provider: string;
    project: string;
    service?: string | undefined;
  }): Promise<Started> {
    const { provider, project, service } = request;
    const data = { type: provider, project, ...(service === undefined ? {} : { service }) };
    return this.sendEvent({ type: 'sh.keptn.event.monitoring.configure', data });
  }
}
