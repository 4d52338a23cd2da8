import type { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import type { Resource } from '../../src/activities/kubernetes/resources.ts';
import { until } from './command.ts';
import { clusterSettings, statePath } from './settings.ts';

const VOLUME: Resource = { group: '', version: 'v1', plural: 'persistentvolumes', kind: 'PersistentVolume' };
const LABEL = 'slipway-tour';

/** The own cluster has nobody who makes volumes: one folder of this machine for each claim. */
export async function createVolumes(
  api: KubernetesApi,
  claims: readonly { namespace: string; claim: string }[],
): Promise<void> {
  await removeVolumes(api);
  for (const { namespace, claim } of claims) {
    const name = `${namespace}-${claim}`;
    await api.apply(
      { resource: VOLUME, name },
      {
        metadata: { name, labels: { [LABEL]: 'true' } },
        spec: {
          capacity: { storage: '1Gi' },
          accessModes: ['ReadWriteOnce'],
          persistentVolumeReclaimPolicy: 'Retain',
          claimRef: { namespace, name: claim },
          hostPath: { path: statePath(clusterSettings(), 'volumes', name), type: 'DirectoryOrCreate' },
        },
      },
    );
  }
}

/** Removes the volumes of the tours, and waits until they are gone; the folders go with the cluster's state. */
export async function removeVolumes(api: KubernetesApi): Promise<void> {
  const made = (): Promise<{ metadata: { name: string } }[]> =>
    api.list({ resource: VOLUME }, { labelSelector: `${LABEL}=true` });
  for (const { metadata } of await made()) await api.delete({ resource: VOLUME, name: metadata.name });
  await until('the volumes to go', 60, async () => (await made()).length === 0, 200);
}
