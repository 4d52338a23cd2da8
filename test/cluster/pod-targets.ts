import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { V1EndpointSlice } from '@kubernetes/client-node';
import { KubernetesUnreachableError } from '../../src/activities/kubernetes/errors.ts';
import type { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import { RESOURCES } from '../../src/activities/kubernetes/resources.ts';

/**
 * Debian's Prometheus has no discovery of Kubernetes built in: this writes what it would find (`role: endpoints`) into a file of
 * targets, with the same labels, so that the relabelling of k8s/prometheus-scrape.yaml is Prometheus' own work. Ends with `stop`.
 */
export function followPods(
  api: KubernetesApi,
  namespaces: readonly string[],
  file: string,
): { stop(): Promise<void> } {
  const ending = new AbortController();
  mkdirSync(dirname(file), { recursive: true });
  const following = (async () => {
    let written = '';
    while (!ending.signal.aborted) {
      const found = await targets(api, namespaces).catch(ifUnreachable);
      const text = found === undefined ? written : JSON.stringify(found);
      if (text !== written) {
        writeFileSync(`${file}.new`, text);
        renameSync(`${file}.new`, file);
        written = text;
      }
      await delay(300, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  })();
  return {
    stop: async () => {
      ending.abort();
      await following;
    },
  };
}

/** As Prometheus' own discovery: what was known holds until the API server answers again. */
function ifUnreachable(error: unknown): undefined {
  if (!(error instanceof KubernetesUnreachableError)) throw error;
}

async function targets(api: KubernetesApi, namespaces: readonly string[]): Promise<object[]> {
  const slices = await Promise.all(
    namespaces.map((namespace) =>
      api.list<V1EndpointSlice>({ resource: RESOURCES.endpointSlice, namespace }),
    ),
  );
  return slices.flat().flatMap(({ metadata, endpoints, ports }) =>
    (endpoints ?? []).flatMap(({ addresses, targetRef }) =>
      (ports ?? []).map(({ port }) => ({
        targets: addresses.map((address) => `${address}:${port}`),
        labels: {
          __meta_kubernetes_namespace: metadata?.namespace ?? '',
          __meta_kubernetes_service_name: metadata?.labels?.['kubernetes.io/service-name'] ?? '',
          __meta_kubernetes_pod_name: targetRef?.name ?? '',
          __meta_kubernetes_pod_phase: 'Running',
        },
      })),
    ),
  );
}
