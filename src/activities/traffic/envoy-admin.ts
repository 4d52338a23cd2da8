import axios from 'axios';
import type { DataPlane, ServicePlace } from './data-plane.ts';
import { TrafficRetryableError } from './errors.ts';
import { STAMP_HEADER } from './route-stamp.ts';

const TIMEOUT_MS = 5000;
const MAX_BYTES = 64 * 1024 * 1024;

/** Part of a route in Envoy's dump. */
export interface RouteEntry {
  route?: { cluster?: string; weighted_clusters?: { clusters?: { name?: string }[] } };
  response_headers_to_add?: { header?: { key?: string; value?: string } }[];
}

/** Part of Envoy's `/config_dump`. */
export interface ConfigDump {
  configs?: {
    route_config?: { virtual_hosts?: { domains?: string[]; routes?: RouteEntry[] }[] };
  }[];
}

interface Clusters {
  cluster_statuses?: {
    name: string;
    host_statuses?: {
      address?: { socket_address?: { address?: string; port_value?: number } };
      health_status?: { eds_health_status?: string };
      stats?: { name?: string; value?: string | number }[];
    }[];
  }[];
}

/** What Envoy's admin port tells: route tables, endpoints and requests in flight. One URL per gateway proxy. */
export class EnvoyAdmin implements DataPlane {
  readonly #urls: readonly string[];

  constructor(urls: readonly string[]) {
    this.#urls = urls;
  }

  async missing(host: string, stamp: string, sides: readonly ServicePlace[]): Promise<string | undefined> {
    for (const url of this.#urls) {
      const dump = await read<ConfigDump>(url, '/config_dump?resource=dynamic_route_configs');
      const seen = stampsOf(dump, host, sides);
      if (seen.length === 0) return `Envoy at ${url} has no route for ${host}`;
      const other = seen.find((entry) => entry !== stamp);
      if (other !== undefined)
        return `Envoy at ${url} still routes ${host} by ${other || 'an unstamped route'}`;
    }
    return undefined;
  }

  async inFlight(service: ServicePlace): Promise<number> {
    let sum = 0;
    for (const url of this.#urls) {
      for (const host of await hostsOf(url, service)) {
        sum += Number(host.stats?.find(({ name }) => name === 'rq_active')?.value ?? 0);
      }
    }
    return sum;
  }

  /** Addresses that every proxy has: one that only some have seen is not ready for weight. */
  async endpoints(service: ServicePlace): Promise<string[]> {
    const lists = await Promise.all(
      this.#urls.map(async (url) => (await hostsOf(url, service)).filter(isHealthy).map(addressOf)),
    );
    const [first = [], ...rest] = lists;
    return [...new Set(first)].filter((address) => rest.every((list) => list.includes(address))).sort();
  }
}

type HostStatus = NonNullable<NonNullable<Clusters['cluster_statuses']>[number]['host_statuses']>[number];

async function hostsOf(url: string, service: ServicePlace): Promise<HostStatus[]> {
  const { cluster_statuses = [] } = await read<Clusters>(url, '/clusters?format=json');
  return cluster_statuses
    .filter(({ name }) => isClusterOf(name, service))
    .flatMap(({ host_statuses = [] }) => host_statuses);
}

/** Cluster names of istiod (`outbound|<port>|<subset>|<service>.<namespace>.svc.…`) and of Contour (`<namespace>/<service>/…`). */
export function isClusterOf(cluster: string, { namespace, name }: ServicePlace): boolean {
  const host = cluster.split('|')[3];
  return (
    host?.startsWith(`${name}.${namespace}.svc.`) === true || cluster.startsWith(`${namespace}/${name}/`)
  );
}

function isHealthy(host: HostStatus): boolean {
  return (host.health_status?.eds_health_status ?? 'HEALTHY') === 'HEALTHY';
}

function addressOf(host: HostStatus): string {
  const { address, port_value } = host.address?.socket_address ?? {};
  return `${address}:${port_value}`;
}

/**
 * Stamps of the host's routes in every listener; an empty text stands for a route to a side without stamp. Redirects and routes
 * to other services, which users may add, have none and need none.
 */
export function stampsOf(
  { configs = [] }: ConfigDump,
  host: string,
  sides: readonly ServicePlace[],
): string[] {
  return configs
    .flatMap(({ route_config }) => route_config?.virtual_hosts ?? [])
    .filter(({ domains = [] }) => domains.some((domain) => domain === host || domain.startsWith(`${host}:`)))
    .flatMap(({ routes = [] }) => routes)
    .flatMap((entry) => {
      const { response_headers_to_add = [] } = entry;
      const added = response_headers_to_add.find(({ header }) => header?.key?.toLowerCase() === STAMP_HEADER);
      const stamp = added?.header?.value;
      if (stamp !== undefined) return [stamp];
      return clustersOf(entry).some((name) => sides.some((side) => isClusterOf(name, side))) ? [''] : [];
    });
}

function clustersOf({ route }: RouteEntry): string[] {
  const weighted = route?.weighted_clusters?.clusters?.map(({ name }) => name) ?? [];
  return [route?.cluster, ...weighted].filter((name) => name !== undefined);
}

async function read<T>(url: string, path: string): Promise<T> {
  try {
    const response = await axios.get<T>(`${url}${path}`, {
      timeout: TIMEOUT_MS,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      maxContentLength: MAX_BYTES,
      maxRedirects: 0,
      proxy: false,
    });
    return response.data;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TrafficRetryableError(
      `Envoy's admin port ${url}${path} did not answer: ${reason}; check that it is reachable from the worker`,
    );
  }
}
