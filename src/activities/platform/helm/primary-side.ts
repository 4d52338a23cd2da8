import type { JsonObject } from '../../../contracts/json.ts';
import { RESOURCES } from '../../kubernetes/resources.ts';
import type { DeployRequest, EffectContext, ServiceRef } from '../platform.ts';
import { duplicateChart } from './duplicate-chart.ts';
import { carryOutGenerated } from './generated-release.ts';
import { type HelmCluster, releaseOf } from './helm-cluster.ts';
import { awaitListening } from './listening-side.ts';
import { KEEP_POLICY } from './mesh-chart.ts';
import { isKind, objectName } from './objects.ts';
import { namespaceOf } from './release-name.ts';
import { SERVICE_LABEL } from './side-name.ts';

/** The first deployment of a service makes its primary from the same version (helm-service 0.18); later ones leave it alone. */
export async function ensurePrimary(
  cluster: HelmCluster,
  request: DeployRequest,
  found: { manifest: JsonObject[]; context: EffectContext },
): Promise<void> {
  const { steps, routes } = cluster;
  const generated = await steps.manifest(releaseOf(request, true));
  const complete = generated.some((object) => isKind(object, 'apps', 'Deployment'));
  if (complete && !(await isThere(cluster, request, generated)))
    await steps.recreate(releaseOf(request, true), found.context);
  if (complete && (await routes?.written(request)) !== undefined) return;
  const step = { ...found, name: 'first primary', key: request.idempotencyKey };
  if (!complete) await upgradePrimary(cluster, request, step);
  if (routes === undefined || (await routes.written(request)) !== undefined) return;
  await routes.setWeights({ ...request, weights: { primary: 100, canary: 0 } }, found.context);
}

/** Gives the primary the version of the user chart's manifest, and waits until it serves. */
export async function upgradePrimary(
  cluster: HelmCluster,
  request: ServiceRef,
  step: { manifest: JsonObject[]; context: EffectContext; name: string; key: string },
): Promise<void> {
  const values = await cluster.helm.values(releaseOf(request, false));
  const chart = duplicateChart(step.manifest, { service: request, values, mesh: cluster.mesh });
  await keepRoute(cluster, request);
  await carryOutGenerated(cluster, request, { chart, deployment: 'primary', ...step });
  await awaitListening(cluster, { service: request, side: 'primary' }, step.context);
}

/** A primary of which somebody has deleted a part is made again in its own version, never in the new one. */
async function isThere(
  { api }: Pick<HelmCluster, 'api'>,
  request: ServiceRef,
  generated: readonly JsonObject[],
): Promise<boolean> {
  const namespace = namespaceOf(request);
  const kinds = [
    { resource: RESOURCES.deployment, group: 'apps' },
    { resource: RESOURCES.service, group: '' },
  ];
  for (const { resource, group } of kinds) {
    for (const object of generated.filter((entry) => isKind(entry, group, resource.kind)))
      if ((await api.find({ resource, namespace, name: objectName(object) })) === undefined) return false;
  }
  return true;
}

/** A route that Keptn's own release made would vanish with the first upgrade that no longer names it. */
async function keepRoute({ api, mesh, steps }: HelmCluster, request: ServiceRef): Promise<void> {
  if (mesh !== 'istio') return;
  const namespace = namespaceOf(request);
  for (const object of await steps.manifest(releaseOf(request, true))) {
    if (object.kind !== 'VirtualService') continue;
    const path = { resource: RESOURCES.virtualService, namespace, name: objectName(object) };
    const metadata = { annotations: KEEP_POLICY, labels: { [SERVICE_LABEL]: request.service } };
    if ((await api.find(path)) !== undefined) await api.mergePatch(path, { metadata });
  }
}
