import type { EffectContext, ServiceRef, Side } from '../platform.ts';
import { deployedMainObjects, type HelmCluster } from './helm-cluster.ts';
import { deploymentName } from './live-endpoints.ts';
import { namespaceOf } from './release-name.ts';

/**
 * Waits until the pods of a side listen. A chart without a Service, or of which nobody can tell what it is about, is left to
 * its probes.
 */
export async function awaitListening(
  cluster: Pick<HelmCluster, 'helm' | 'steps'>,
  { service, side }: { service: ServiceRef; side: Side },
  context: EffectContext,
): Promise<void> {
  const main = await deployedMainObjects(cluster, service);
  if (main?.service === undefined) return;
  const which = {
    namespace: namespaceOf(service),
    name: deploymentName(main.deployment, side),
    service: main.service,
  };
  await cluster.steps.awaitListening(which, context);
}
