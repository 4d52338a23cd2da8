import type { V1Deployment, V1Service } from '@kubernetes/client-node';
import type { KubernetesApi } from '../../kubernetes/kubernetes-api.ts';
import { RESOURCES } from '../../kubernetes/resources.ts';
import type { ServiceRef, Side } from '../platform.ts';
import { namespaceOf } from './release-name.ts';
import { SERVICE_LABEL, SIDE_LABEL } from './side-name.ts';

/** Set to `"true"` on a Deployment that Slipway has stopped, until a new version has been started in it. */
export const STOPPED_ANNOTATION = 'slipway.dev/stopped';

/** Service of one side as the cluster knows it. */
export interface SideService {
  readonly name: string;
  /** Lowest TCP port. */
  readonly port: number;
}

/** The Services of both sides, found by label, else by the names that helm-service gave them; undefined when they are not there. */
export async function sideServices(
  api: KubernetesApi,
  service: ServiceRef,
): Promise<{ [side in Side]: SideService } | undefined> {
  const namespace = namespaceOf(service);
  const [primary, canary] = await Promise.all(
    (['primary', 'canary'] as const).map(async (side): Promise<SideService | undefined> => {
      const labelSelector = `${SERVICE_LABEL}=${service.service},${SIDE_LABEL}=${side}`;
      const [labelled] = await api.list<V1Service>(
        { resource: RESOURCES.service, namespace },
        { labelSelector },
      );
      const named = { resource: RESOURCES.service, namespace, name: `${service.service}-${side}` };
      const found = labelled ?? (await api.find<V1Service>(named));
      const name = found?.metadata?.name;
      return name === undefined ? undefined : { name, port: lowest(found) };
    }),
  );
  return primary === undefined || canary === undefined ? undefined : { primary, canary };
}

function lowest(service: V1Service | undefined): number {
  const ports = (service?.spec?.ports ?? []).filter(({ protocol = 'TCP' }) => protocol === 'TCP');
  return Math.min(...ports.map(({ port }) => port), 65_535);
}

/** Reads a Deployment; undefined when it is not there. */
export function findDeployment(
  api: KubernetesApi,
  namespace: string,
  name: string,
): Promise<V1Deployment | undefined> {
  return api.find<V1Deployment>({ resource: RESOURCES.deployment, namespace, name });
}

/** Sets the replicas of a Deployment; one that is not there is left alone. */
export async function setReplicas(
  api: KubernetesApi,
  which: { namespace: string; name: string },
  replicas: number,
): Promise<void> {
  const live = await findDeployment(api, which.namespace, which.name);
  if (live === undefined || live.spec?.replicas === replicas) return;
  await api.mergePatch({ resource: RESOURCES.deployment, ...which }, { spec: { replicas } });
}

/** Stops a Deployment and marks it as stopped; one that is not there is left alone. Answers whether it is there. */
export async function stopDeployment(
  api: KubernetesApi,
  which: { namespace: string; name: string },
): Promise<boolean> {
  const live = await findDeployment(api, which.namespace, which.name);
  if (live === undefined) return false;
  const stopped = { metadata: { annotations: { [STOPPED_ANNOTATION]: 'true' } }, spec: { replicas: 0 } };
  if (live.spec?.replicas !== 0) await api.mergePatch({ resource: RESOURCES.deployment, ...which }, stopped);
  return true;
}
