import { PlatformTerminalError } from '../errors.ts';
import type { EffectContext, ServiceRef, Side } from '../platform.ts';
import { deployedMainObjects, type HelmCluster } from './helm-cluster.ts';
import { deploymentName } from './live-endpoints.ts';
import { stopDeployment } from './live-objects.ts';
import { namespaceOf } from './release-name.ts';

/** Stops one side, which must have no traffic any more; Platform.retire. */
export async function retire(
  cluster: Pick<HelmCluster, 'api' | 'helm' | 'steps' | 'routes'>,
  request: ServiceRef & { side: Side },
  context: EffectContext,
): Promise<void> {
  const main = await deployedMainObjects(cluster, request);
  if (main === undefined) return;
  const weight = (await cluster.routes?.written(request))?.[request.side] ?? 0;
  if (weight > 0) {
    throw new PlatformTerminalError(
      `the ${request.side} of ${request.service} in stage ${request.stage} still has ${weight} % of the traffic; shift it away and drain the side before it is stopped`,
    );
  }
  const which = { namespace: namespaceOf(request), name: deploymentName(main.deployment, request.side) };
  if (await stopDeployment(cluster.api, which)) await cluster.steps.awaitDeployment(which, context);
}
