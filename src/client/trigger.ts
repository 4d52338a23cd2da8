import { randomUUID } from 'node:crypto';
import { sequenceEventType } from '../contracts/events.ts';
import type { JsonObject } from '../contracts/json.ts';
import { parseShipyard } from '../files/shipyard.ts';
import { resolveWindow } from '../gate/timeframe.ts';
import { contextAnswer, type Project } from './answers.ts';
import { NotFoundError, RefusedError } from './errors.ts';
import { CLIENT_SOURCE, type NewEvent, sendEvent } from './events.ts';
import type { ApiHttp } from './http.ts';
import { listServices, readProject } from './projects.ts';

/** Starts a sequence although its stage is frozen; kept in the event's data and as the label `override-freeze`. */
export interface FreezeOverride {
  reason: string;
  by?: string | undefined;
}

/** A delivery to be started. */
export interface DeliveryRequest {
  project: string;
  service: string;
  /** Image with or without a tag, for example `ghcr.io/podtato-head/podtatoserver:v0.1.1`. */
  image: string;
  /** Tag, when the image has none. */
  tag?: string | undefined;
  /** Default: the first stage of the shipyard. */
  stage?: string | undefined;
  /** Default `delivery`. */
  sequence?: string | undefined;
  /** Values for the chart beside the image; `image` in here overrides. */
  values?: JsonObject | undefined;
  labels?: Record<string, string> | undefined;
  overrideFreeze?: FreezeOverride | undefined;
}

/** Several services to be delivered together: all are promoted, or none. */
export interface DeliveriesRequest extends Omit<DeliveryRequest, 'service' | 'image' | 'tag'> {
  /** At least two. */
  services: { service: string; image: string; tag?: string | undefined }[];
}

/** The deliveries of a group: one run for each service. */
export interface StartedTogether {
  /** Id of the group. */
  together: string;
  deliveries: { service: string; keptnContext: string }[];
}

/** A sequence to be started with any payload. */
export interface SequenceRequest {
  project: string;
  stage: string;
  service: string;
  sequence: string;
  data?: JsonObject | undefined;
  labels?: Record<string, string> | undefined;
  overrideFreeze?: FreezeOverride | undefined;
}

/** An evaluation to be started on its own. */
export interface EvaluationRequest {
  project: string;
  stage: string;
  service: string;
  /** RFC 3339; default: `timeframe` before the end. */
  start?: string | undefined;
  /** RFC 3339; default: now, or `timeframe` after the start. */
  end?: string | undefined;
  /** Duration such as `5m`, at least one minute. Default `5m`. */
  timeframe?: string | undefined;
  labels?: Record<string, string> | undefined;
  gitCommitId?: string | undefined;
}

/** The event that a delivery starts with, after its stage and service have been found. Throws NotFoundError, RefusedError. */
export async function deliveryEvent(http: ApiHttp, request: DeliveryRequest): Promise<NewEvent> {
  const image = imageWithTag(request.image, request.tag);
  const project = await readProject(http, request.project);
  const stage = request.stage ?? project.stages[0]?.stageName;
  if (stage === undefined)
    throw new NotFoundError(`the project ${request.project} has no stage`, 'check its shipyard.yaml');
  const sequence = request.sequence ?? 'delivery';
  await checkTarget(http, project, { stage, service: request.service, sequence });
  return {
    type: sequenceEventType(stage, sequence, 'triggered'),
    source: CLIENT_SOURCE,
    data: {
      project: request.project,
      stage,
      service: request.service,
      ...labelsAndOverride(stage, request),
      configurationChange: { values: { image, ...request.values } },
      // The same empty block as the Keptn 1.4.5 CLI sends: executors merge into it.
      deployment: { deploymentURIsLocal: null, deploymentstrategy: '' },
    },
  };
}

/** The event that a sequence starts with, after its target has been found. Throws NotFoundError. */
export async function sequenceEvent(http: ApiHttp, request: SequenceRequest): Promise<NewEvent> {
  const { project, stage, service, sequence, data } = request;
  await checkTarget(http, await readProject(http, project), { stage, service, sequence });
  return {
    type: sequenceEventType(stage, sequence, 'triggered'),
    source: CLIENT_SOURCE,
    data: { ...data, project, stage, service, ...labelsAndOverride(stage, request) },
  };
}

export async function triggerDelivery(
  http: ApiHttp,
  request: DeliveryRequest,
): Promise<{ keptnContext: string }> {
  return sendEvent(http, await deliveryEvent(http, request));
}

/** Looks all services up before the first one starts. */
export async function triggerDeliveries(
  http: ApiHttp,
  { services, ...rest }: DeliveriesRequest,
): Promise<StartedTogether> {
  const names = services.map(({ service }) => service);
  if (names.length < 2 || new Set(names).size !== names.length) {
    throw new RefusedError(`${names.join(', ')}: these are not several services`, 'name each service once');
  }
  const together = randomUUID();
  const events: NewEvent[] = [];
  for (const one of services) events.push(await deliveryEvent(http, { ...rest, ...one }));
  const deliveries: StartedTogether['deliveries'] = [];
  for (const [index, event] of events.entries()) {
    const data = { ...event.data, 'x-together': { id: together, services: names } };
    const { keptnContext } = await sendEvent(http, { ...event, data });
    deliveries.push({ service: names[index] ?? '', keptnContext });
  }
  return { together, deliveries };
}

export async function triggerSequence(
  http: ApiHttp,
  request: SequenceRequest,
): Promise<{ keptnContext: string }> {
  return sendEvent(http, await sequenceEvent(http, request));
}

export async function triggerEvaluation(
  http: ApiHttp,
  request: EvaluationRequest,
): Promise<{ keptnContext: string }> {
  const { project, stage, service, labels, gitCommitId } = request;
  const window = resolveWindow(
    { start: inUtc(request.start), end: inUtc(request.end), timeframe: request.timeframe ?? '' },
    new Date(),
  );
  if ('error' in window) throw new RefusedError(window.error, 'correct the start, end or timeframe');
  const path = ['controlPlane', 'v1', 'project', project, 'stage', stage, 'service', service, 'evaluation'];
  const body = { ...window, labels, gitcommitid: gitCommitId };
  return http.send({ method: 'POST', path, body, answer: contextAnswer });
}

/** An override counts for the stage that is triggered, not for those that follow. */
function labelsAndOverride(
  stage: string,
  {
    labels,
    overrideFreeze,
  }: { labels?: Record<string, string> | undefined; overrideFreeze?: FreezeOverride | undefined },
): JsonObject {
  if (overrideFreeze === undefined) return labels === undefined ? {} : { labels };
  const { reason, by } = overrideFreeze;
  if (reason.trim() === '') throw new RefusedError('the freeze is overridden without a reason', 'say why');
  return {
    labels: { ...labels, 'override-freeze': reason },
    'x-override-freeze': { stage, reason, ...(by === undefined ? {} : { by }) },
  };
}

function imageWithTag(image: string, tag: string | undefined): string {
  const ownTag = image.slice(image.lastIndexOf('/') + 1).includes(':');
  if (image.trim() === '' || /\s/.test(image))
    throw new RefusedError(`"${image}" is no image`, 'use <name>[:<tag>]');
  if (tag === undefined) return image;
  if (!ownTag) return `${image}:${tag}`;
  throw new RefusedError(
    `the image ${image} has a tag already, and the tag ${tag} was given too`,
    'give one of the two',
  );
}

/** Keptn's helper drops the offset of a time without applying it; a time in UTC comes through as it was meant. */
function inUtc(time = ''): string {
  const parsed = /[+-]\d\d:\d\d$/.test(time) ? Date.parse(time) : Number.NaN;
  return Number.isNaN(parsed) ? time : new Date(parsed).toISOString();
}

async function checkTarget(
  http: ApiHttp,
  project: Project,
  target: { stage: string; service: string; sequence: string },
): Promise<void> {
  const stages = project.stages.map((stage) => stage.stageName);
  if (!stages.includes(target.stage)) {
    throw new NotFoundError(
      `the project ${project.projectName} has no stage ${target.stage}`,
      `its stages are ${stages.join(', ')}`,
    );
  }
  checkSequence(project, target.stage, target.sequence);
  const services = await listServices(http, project.projectName, target.stage);
  if (services.some((service) => service.serviceName === target.service)) return;
  throw new NotFoundError(
    `the service ${target.service} does not exist in project ${project.projectName}`,
    `create it with \`slipway create service ${target.service} --project ${project.projectName}\``,
  );
}

/** Looks the sequence up in the shipyard that the API shows; without a readable one the engine decides. */
function checkSequence(project: Project, stageName: string, sequence: string): void {
  const { shipyard } = parseShipyard(project.shipyard ?? '', { file: 'shipyard.yaml' });
  const stage = shipyard?.stages.find((known) => known.name === stageName);
  // Every stage has a sequence `evaluation`, also when the file names none (Keptn 1.4.5).
  if (stage === undefined || sequence === 'evaluation') return;
  const names = stage.sequences.map((known) => known.name);
  if (names.includes(sequence)) return;
  throw new NotFoundError(
    `the stage ${stageName} of project ${project.projectName} has no sequence ${sequence}`,
    names.length === 0 ? 'it defines none besides evaluation' : `its sequences are ${names.join(', ')}`,
  );
}
