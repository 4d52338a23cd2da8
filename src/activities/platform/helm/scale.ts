import type { V1Deployment } from '@kubernetes/client-node';
import { isConflict } from '../../kubernetes/errors.ts';
import type { KubernetesApi } from '../../kubernetes/kubernetes-api.ts';
import { RESOURCES } from '../../kubernetes/resources.ts';
import { PlatformRetryableError, PlatformTerminalError } from '../errors.ts';
import type { EffectContext, ServiceRef } from '../platform.ts';
import { type HelmCluster, notDeployed, releaseOf } from './helm-cluster.ts';
import { deploymentName } from './live-endpoints.ts';
import { findDeployment } from './live-objects.ts';
import { mainDeployment } from './main-objects.ts';
import { objectName } from './objects.ts';
import { namespaceOf } from './release-name.ts';

/** Annotation with the key of the newest scaling action, so that a repeated one adds nothing. */
const SCALED_ANNOTATION = 'slipway.dev/scaled';
const TRIES = 5;

/** Adds replicas to the primary, or to the only Deployment of a service without sides; Platform.scale. */
export async function scale(
  cluster: Pick<HelmCluster, 'api' | 'helm' | 'steps'>,
  request: ServiceRef & { increment: number; idempotencyKey: string },
  context: EffectContext,
): Promise<number> {
  const release = releaseOf(request, false);
  const manifest = await cluster.steps.manifest(release);
  if (manifest.length === 0) throw notDeployed(request);
  const deployment = mainDeployment(manifest, request, await cluster.helm.values(release));
  const namespace = namespaceOf(request);
  const primary = deploymentName(deployment, 'primary');
  const exists = (await findDeployment(cluster.api, namespace, primary)) !== undefined;
  const which = { namespace, name: exists ? primary : objectName(deployment) };
  const replicas = await addReplicas(cluster.api, which, request);
  await cluster.steps.awaitDeployment(which, context);
  return replicas;
}

/** The key lies in the same write as the number, so that a repeated action cannot add twice. */
async function addReplicas(
  api: KubernetesApi,
  which: { namespace: string; name: string },
  request: { increment: number; idempotencyKey: string },
): Promise<number> {
  const path = { resource: RESOURCES.deployment, ...which };
  for (let tries = 0; tries < TRIES; tries += 1) {
    const live = await api.get<V1Deployment>(path);
    const current = live.spec?.replicas ?? 1;
    if (live.metadata?.annotations?.[SCALED_ANNOTATION] === request.idempotencyKey) return current;
    const replicas = current + request.increment;
    if (replicas < 0)
      throw new PlatformTerminalError(
        `${which.name} has ${current} replicas; ${request.increment} is too many to take away`,
      );
    const metadata = {
      resourceVersion: live.metadata?.resourceVersion ?? '',
      annotations: { [SCALED_ANNOTATION]: request.idempotencyKey },
    };
    try {
      await api.mergePatch(path, { metadata, spec: { replicas } });
      return replicas;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
  throw new PlatformRetryableError(
    `Deployment ${which.namespace}/${which.name} changes all the time; its replicas were not changed`,
  );
}
