import type { V1Deployment } from '@kubernetes/client-node';
import type { JsonObject } from '../../../contracts/json.ts';
import type { KubernetesApi } from '../../kubernetes/kubernetes-api.ts';
import type { Endpoints, ServiceRef, Side } from '../platform.ts';
import { localUri, lowestPort } from './deployment-uris.ts';
import { findDeployment, sideServices } from './live-objects.ts';
import type { MainObjects } from './main-objects.ts';
import { isKind, objectName } from './objects.ts';
import { namespaceOf } from './release-name.ts';
import { incomplete } from './rollout-progress.ts';
import { sideName } from './side-name.ts';

/** Name of a side's Deployment: the user chart's own is the canary. */
export function deploymentName(deployment: JsonObject, side: Side): string {
  return side === 'canary' ? objectName(deployment) : sideName(objectName(deployment), 'primary');
}

/** What runs on both sides of a service, from the live Deployments; a service without sides runs as its own primary. */
export async function liveEndpoints(
  api: KubernetesApi,
  service: ServiceRef,
  found: { manifest: readonly JsonObject[]; main: MainObjects | undefined },
): Promise<Endpoints> {
  const { manifest, main } = found;
  const namespace = namespaceOf(service);
  const user = main?.service ?? manifest.find((object) => isKind(object, '', 'Service'));
  const name = user === undefined ? service.service : objectName(user);
  const routed = localUri({ ...service, service: name }, lowestPort(user === undefined ? [] : [user]) ?? 80);
  const services = await sideServices(api, service);
  const [primary, canary] =
    main === undefined
      ? []
      : await Promise.all(
          (['primary', 'canary'] as const).map((side) =>
            findDeployment(api, namespace, deploymentName(main.deployment, side)),
          ),
        );
  const bothSides = main?.service === undefined ? primary !== undefined : services !== undefined;
  if (!bothSides) {
    const only = manifest.find((object) => isKind(object, 'apps', 'Deployment'));
    const live = only === undefined ? undefined : await findDeployment(api, namespace, objectName(only));
    return {
      routed,
      versions: versionOf('primary', live),
      ready: { primary: isServing(live), canary: false },
    };
  }
  const address = (side: Side, live: V1Deployment | undefined): { [side in Side]?: string } =>
    runs(live) && services !== undefined
      ? { [side]: `http://${services[side].name}.${namespace}:${services[side].port}` }
      : {};
  return {
    routed,
    ...address('primary', primary),
    ...address('canary', canary),
    versions: { ...versionOf('primary', primary), ...versionOf('canary', canary) },
    ready: { primary: isServing(primary), canary: isServing(canary) },
  };
}

function versionOf(side: Side, live: V1Deployment | undefined): { [side in Side]?: string } {
  const image = live?.spec?.template.spec?.containers[0]?.image;
  return runs(live) && image !== undefined ? { [side]: image } : {};
}

function runs(live: V1Deployment | undefined): boolean {
  return (live?.spec?.replicas ?? 0) > 0;
}

/** Ready means a complete rollout: with old pods beside new ones nobody can say which version answers. */
function isServing(live: V1Deployment | undefined): boolean {
  return live !== undefined && runs(live) && incomplete(live) === undefined;
}
