import type { JsonObject } from '../../../contracts/json.ts';
import type { Deployment, DeployRequest, EffectContext } from '../platform.ts';
import { bypassingRoutes } from './bypassing-routes.ts';
import { chartAddresses, userManagedAddresses } from './deployment-addresses.ts';
import { ensureDirectRoute, refuseServedPrimary } from './direct-route.ts';
import { type HelmCluster, releaseOf } from './helm-cluster.ts';
import { awaitListening } from './listening-side.ts';
import { mainObjects } from './main-objects.ts';
import { ensureNamespace } from './namespace.ts';
import { objectName } from './objects.ts';
import { ensurePrimary } from './primary-side.ts';
import { keptnValues, loadUserChart } from './user-chart.ts';

/** Brings the user's chart into the cluster and makes what its strategy has beside it; Platform.deploy. */
export async function deploy(
  cluster: HelmCluster,
  request: DeployRequest,
  context: EffectContext,
): Promise<Deployment> {
  const { strategy } = request;
  const { config, helm, steps } = cluster;
  const release = releaseOf(request, false);
  if (strategy === 'direct') await refuseServedPrimary(cluster, request);
  const name = strategy === 'duplicate' ? 'canary' : strategy;
  const step = {
    release,
    service: request.service,
    name: 'deploy',
    key: request.idempotencyKey,
    chart: async () => {
      const loaded = await loadUserChart(config, request);
      await ensureNamespace(cluster, request, context);
      return loaded;
    },
    values: keptnValues(request, name),
  };
  const starts = async (manifest: readonly JsonObject[]): Promise<JsonObject> =>
    mainObjects(manifest, request, await helm.values(release)).deployment;
  const gitCommit = await steps.carryOut(strategy === 'duplicate' ? { ...step, starts } : step, context);
  const manifest = await steps.manifest(release);
  if (strategy !== 'user_managed')
    await awaitListening(cluster, { service: request, side: 'canary' }, context);
  if (strategy === 'duplicate') {
    const { service, deployment } = mainObjects(manifest, request, await helm.values(release));
    if (service === undefined)
      context.progress(
        `no Service leads to Deployment ${objectName(deployment)}: both sides work until the release, and no traffic is shifted`,
      );
    else for (const told of bypassingRoutes(manifest, objectName(service))) context.progress(told);
    await ensurePrimary(cluster, request, { manifest, context });
  }
  if (strategy === 'direct') await ensureDirectRoute(cluster, request, { manifest, context });
  const addresses =
    strategy === 'user_managed'
      ? await userManagedAddresses(cluster, request)
      : await chartAddresses(cluster, request, manifest);
  const commit = gitCommit === undefined ? {} : { gitCommit };
  return { deploymentstrategy: strategy, ...addresses, deploymentNames: [name], ...commit };
}
