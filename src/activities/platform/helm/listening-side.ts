import type { EffectContext, ServiceRef, Side } from '../platform.ts';
import { deployedMainObjects, type HelmCluster, releaseOf } from './helm-cluster.ts';
import { deploymentName } from './live-endpoints.ts';
import { namespaceOf } from './release-name.ts';

/** Waits until the pods of a side listen. A chart of several Deployments, none of which is meant, is left to their probes. */
export async function awaitListening(
  cluster: Pick<HelmCluster, 'helm' | 'steps'>,
  { service, side }: { service: ServiceRef; side: Side },
  context: EffectContext,
): Promise<void> {
  const manifest = await cluster.steps.manifest(releaseOf(service, false));
  const kinds = ['Deployment', 'Service'].map(
    (kind) => manifest.filter((object) => object.kind === kind).length,
  );
  if (kinds.some((count) => count !== 1)) return;
  const main = await deployedMainObjects(cluster, service);
  if (main === undefined) return;
  const which = { namespace: namespaceOf(service), name: deploymentName(main, side), service: main.service };
  await cluster.steps.awaitListening(which, context);
}
