import type { JsonObject } from '../../../contracts/json.ts';
import { parseEndpoints } from '../../../files/endpoints.ts';
import { formatProblem } from '../../../files/problem.ts';
import { PlatformTerminalError } from '../errors.ts';
import type { Deployment, DeployRequest, ServiceRef } from '../platform.ts';
import { localUri, lowestPort, publicUri } from './deployment-uris.ts';
import { type HelmCluster, releaseOf } from './helm-cluster.ts';
import { addressedService } from './main-objects.ts';
import { objectName } from './objects.ts';
import { scopeOf } from './user-chart.ts';

/** `deploymentURIsLocal` and `deploymentURIsPublic` of an event. */
export type DeploymentAddresses = Pick<Deployment, 'deploymentURIsLocal' | 'deploymentURIsPublic'>;

/**
 * Addresses of a deployed chart, by the name of the Service that is released: helm-service 0.18 wrote the Keptn service's name,
 * which nothing answers to where the chart calls its Service otherwise (charts of `helm create`).
 */
export async function chartAddresses(
  { helm, ingress }: Pick<HelmCluster, 'helm' | 'ingress'>,
  request: ServiceRef,
  manifest: readonly JsonObject[],
): Promise<DeploymentAddresses> {
  const values = await helm.values(releaseOf(request, false));
  const service = addressedService(manifest, request, values);
  const port = service === undefined ? undefined : lowestPort([service]);
  if (service === undefined || port === undefined)
    return { deploymentURIsLocal: [], deploymentURIsPublic: [] };
  const named = { ...request, service: objectName(service) };
  return {
    deploymentURIsLocal: [localUri(named, port)],
    deploymentURIsPublic: [publicUri(named, ingress)],
  };
}

/** Addresses from `helm/endpoints.yaml`, for `user_managed`; throws PlatformTerminalError with every problem of the file. */
export async function userManagedAddresses(
  { config }: Pick<HelmCluster, 'config'>,
  request: DeployRequest,
): Promise<DeploymentAddresses> {
  const file = 'helm/endpoints.yaml';
  const found = await config.read(scopeOf(request), file, request.gitCommitId);
  if (found === undefined) return { deploymentURIsLocal: [], deploymentURIsPublic: [] };
  const { model, problems } = parseEndpoints(new TextDecoder().decode(found.content), file);
  if (model === undefined) throw new PlatformTerminalError(problems.map(formatProblem).join('\n'));
  return model;
}
