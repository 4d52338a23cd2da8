import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { say } from './command.ts';
import { kubeconfigPath, startControlPlane } from './control-plane.ts';
import { startIstio } from './istio.ts';
import { startKind } from './kind.ts';
import { withLock } from './lock.ts';
import { startNode } from './node.ts';
import { ensurePrograms } from './programs.ts';
import type { ClusterSettings } from './settings.ts';

/** Brings up Kubernetes with one node, istiod and an Envoy gateway on this machine; answers the kubeconfig's path. Idempotent. */
export async function startCluster(settings: ClusterSettings): Promise<string> {
  if (process.getuid?.() !== 0) {
    throw new Error(
      'the own test cluster needs root (bridge, mounts, cgroups); run as root, or set SLIPWAY_KUBECONFIG',
    );
  }
  await ensurePrograms(settings);
  mkdirSync(settings.state, { recursive: true });
  return withLock(join(settings.state, 'lock'), async () => {
    if (settings.kind) await startKind(settings);
    else {
      say('starting the control plane');
      await startControlPlane(settings);
      say('starting the node');
      await startNode(settings);
    }
    say('starting istiod and Envoy');
    await startIstio(settings);
    say(`cluster ready, KUBECONFIG=${kubeconfigPath(settings)}`);
    return kubeconfigPath(settings);
  });
}
