import type { JsonObject } from '../../../contracts/json.ts';
import type { ServiceRef } from '../platform.ts';
import { selects } from './label-selector.ts';
import { MAIN_ANNOTATION, notLeading, undecided } from './main-object-errors.ts';
import { isKind, objectAt, objectName, stringsAt } from './objects.ts';
import { releaseName } from './release-name.ts';

/** The Deployment that is released and the Service that leads to it; a chart without any Service has nobody to be called by. */
export interface MainObjects {
  readonly deployment: JsonObject;
  readonly service?: JsonObject;
}

/** What one of several objects is told by: the Keptn service and the values of its chart. */
interface Meant {
  readonly ref: ServiceRef;
  readonly values: JsonObject;
}

/**
 * The Deployment and the Service that a release is about. One of a kind needs no word; of several it is the annotated one,
 * else the one that the chart's values name (`slipway.deployment`, `slipway.service`), else the one with the name of the Keptn
 * service or of the release (`helm create`), else the only Deployment that a Service leads to and the only Service that leads
 * to it. Keptn 1.4.5 refused such charts. Throws PlatformTerminalError when none or more than one is meant, and when the
 * Service does not lead to the Deployment's pods: traffic that is shifted there would be lost.
 */
export function mainObjects(
  objects: readonly JsonObject[],
  ref: ServiceRef,
  values: JsonObject,
): MainObjects {
  const deployment = mainDeployment(objects, ref, values);
  const services = servicesOf(objects);
  if (services.length === 0) return { deployment };
  const service = mainService(services, deployment, { ref, values });
  if (service === undefined) throw undecided(services, 'service', ref);
  if (leadsTo(service, deployment)) return { deployment, service };
  throw notLeading(service, deployment, ref);
}

/** Both, where they can be told and belong together; undefined where not, which only blue/green needs. */
export function findMainObjects(
  objects: readonly JsonObject[],
  ref: ServiceRef,
  values: JsonObject,
): MainObjects | undefined {
  const deployment = meant(deploymentsOf(objects), 'deployment', { ref, values });
  if (deployment === undefined) return undefined;
  const services = servicesOf(objects);
  if (services.length === 0) return { deployment };
  const service = mainService(services, deployment, { ref, values });
  return service !== undefined && leadsTo(service, deployment) ? { deployment, service } : undefined;
}

/** The Deployment that a release is about; throws PlatformTerminalError when none or more than one is meant. */
export function mainDeployment(
  objects: readonly JsonObject[],
  ref: ServiceRef,
  values: JsonObject,
): JsonObject {
  const deployments = deploymentsOf(objects);
  const services = servicesOf(objects);
  const hints = { ref, values };
  const called = (): JsonObject | undefined =>
    only(deployments.filter((one) => services.some((service) => leadsTo(service, one))));
  const found =
    meant(deployments, 'deployment', hints) ??
    (isSaid(deployments, 'deployment', hints) ? undefined : called());
  if (found === undefined) throw undecided(deployments, 'deployment', ref, objects);
  return found;
}

/** The Service whose address a release is told by: the main one, or where none is meant the first, as in helm-service 0.18. */
export function addressedService(
  objects: readonly JsonObject[],
  ref: ServiceRef,
  values: JsonObject,
): JsonObject | undefined {
  const services = servicesOf(objects);
  const deployment = meant(deploymentsOf(objects), 'deployment', { ref, values });
  return mainService(services, deployment, { ref, values }) ?? services[0];
}

/** True when the Service selects the Deployment's pods. */
export function leadsTo(service: JsonObject, deployment: JsonObject): boolean {
  const selector = stringsAt(service, 'spec', 'selector');
  return (
    objectAt(service, 'spec')?.type !== 'ExternalName' &&
    selects({ matchLabels: selector }, podLabels(deployment))
  );
}

/** Labels of the pods that a Deployment makes. */
export function podLabels(deployment: JsonObject): { [key: string]: string } {
  return stringsAt(deployment, 'spec', 'template', 'metadata', 'labels');
}

function mainService(
  services: readonly JsonObject[],
  deployment: JsonObject | undefined,
  hints: Meant,
): JsonObject | undefined {
  const found = meant(services, 'service', hints);
  if (found !== undefined || deployment === undefined || isSaid(services, 'service', hints)) return found;
  const leading = services.filter((service) => leadsTo(service, deployment));
  // A headless Service beside the usual one is for the members of a cluster, not for its users.
  return only(leading) ?? only(leading.filter((service) => objectAt(service, 'spec')?.clusterIP !== 'None'));
}

function meant(
  candidates: readonly JsonObject[],
  kind: 'deployment' | 'service',
  { ref, values }: Meant,
): JsonObject | undefined {
  if (candidates.length < 2) return candidates[0];
  const annotated = candidates.filter(isAnnotated);
  if (annotated.length > 0) return only(annotated);
  const wanted = nameIn(values, kind);
  const names = wanted === undefined ? [ref.service, releaseName(ref, false)] : [wanted];
  for (const name of names) {
    const found = only(candidates.filter((object) => objectName(object) === name));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Two annotations, or a name that the chart does not render, are mistakes: nothing else is guessed then. */
function isSaid(
  candidates: readonly JsonObject[],
  kind: 'deployment' | 'service',
  { values }: Meant,
): boolean {
  return candidates.some(isAnnotated) || nameIn(values, kind) !== undefined;
}

function isAnnotated(object: JsonObject): boolean {
  return stringsAt(object, 'metadata', 'annotations')[MAIN_ANNOTATION] === 'true';
}

function nameIn(values: JsonObject, kind: 'deployment' | 'service'): string | undefined {
  return stringsAt(values, 'slipway')[kind];
}

const only = (found: readonly JsonObject[]): JsonObject | undefined =>
  found.length === 1 ? found[0] : undefined;

const deploymentsOf = (objects: readonly JsonObject[]): JsonObject[] =>
  objects.filter((object) => isKind(object, 'apps', 'Deployment'));

const servicesOf = (objects: readonly JsonObject[]): JsonObject[] =>
  objects.filter((object) => isKind(object, '', 'Service'));
