import type { V1EndpointSlice } from '@kubernetes/client-node';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import { RESOURCES } from '../kubernetes/resources.ts';
import type { ServicePlace } from './data-plane.ts';

/** Addresses (`ip:port`) that a Service's EndpointSlices call ready, of one named port or of the first. */
export async function readyAddresses(
  api: KubernetesApi,
  { namespace, name }: ServicePlace,
  port?: string,
): Promise<string[]> {
  const slices = await api.list<V1EndpointSlice>(
    { resource: RESOURCES.endpointSlice, namespace },
    { labelSelector: `kubernetes.io/service-name=${name}` },
  );
  const addresses = slices.flatMap(({ endpoints, ports }) => {
    const chosen = port === undefined ? ports?.[0] : ports?.find((entry) => entry.name === port);
    if (chosen?.port === undefined) return [];
    return (endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap((endpoint) =>
        endpoint.addresses.map(
          (address) => `${address.includes(':') ? `[${address}]` : address}:${chosen.port}`,
        ),
      );
  });
  return [...new Set(addresses)].sort();
}
