import { homedir } from 'node:os';
import { join } from 'node:path';

/** Folders, addresses and ports of the test cluster; several clusters on one machine need different names and numbers. */
export interface ClusterSettings {
  /** Built programs; kept between runs. */
  readonly bin: string;
  /** Everything that one cluster writes; its path must be short, since a Unix socket lies in it. */
  readonly state: string;
  /** Name of the bridge, the node and the cgroup: at most 15 characters. */
  readonly name: string;
  /** First three parts of the pods' /24 network. */
  readonly podNet: string;
  readonly serviceCidr: string;
  /** Address of the bridge: the node, the API server and the kubelet. */
  readonly nodeIp: string;
  readonly ports: ClusterPorts;
  /** Kubernetes comes from kind instead of plain processes. */
  readonly kind: boolean;
}

export interface ClusterPorts {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly api: number;
  readonly kubelet: number;
  readonly kubeletHealth: number;
  readonly controllerManager: number;
  readonly scheduler: number;
  readonly istiodHttp: number;
  readonly istiodXds: number;
  readonly istiodMonitoring: number;
  readonly envoyAdmin: number;
  /** Ingress of Istio's Gateway, on loopback. */
  readonly istioIngress: number;
  /** Ingress of the Gateway API's Gateway, on all addresses (the API has no field for that). */
  readonly gatewayApiIngress: number;
}

/** Settings from $SLIPWAY_CACHE (default ~/.cache/slipway), $SLIPWAY_CLUSTER_STATE, $SLIPWAY_CLUSTER_NAME, $SLIPWAY_CLUSTER_NET and $SLIPWAY_CLUSTER_KIND. */
export function clusterSettings(env: NodeJS.ProcessEnv = process.env): ClusterSettings {
  const cache = env.SLIPWAY_CACHE ?? join(homedir(), '.cache', 'slipway');
  const number = Number(env.SLIPWAY_CLUSTER_NET ?? 247);
  if (!Number.isInteger(number) || number < 1 || number > 254) {
    throw new Error(`SLIPWAY_CLUSTER_NET is ${env.SLIPWAY_CLUSTER_NET}; set it to a number from 1 to 254`);
  }
  const podNet = `10.${number}.0`;
  const base = 20_000 + number * 40;
  return {
    bin: join(cache, 'cluster', 'bin'),
    state: env.SLIPWAY_CLUSTER_STATE ?? join(cache, 'cluster', 'state'),
    name: env.SLIPWAY_CLUSTER_NAME ?? `slipway${number}`,
    podNet,
    serviceCidr: `10.${number}.128.0/18`,
    nodeIp: `${podNet}.1`,
    kind: env.SLIPWAY_CLUSTER_KIND === '1',
    ports: {
      etcd: base,
      etcdPeer: base + 1,
      api: base + 2,
      kubelet: base + 3,
      kubeletHealth: base + 4,
      controllerManager: base + 5,
      scheduler: base + 6,
      istiodHttp: base + 7,
      istiodXds: base + 8,
      istiodMonitoring: base + 9,
      envoyAdmin: base + 10,
      istioIngress: base + 11,
      gatewayApiIngress: base + 12,
    },
  };
}

/** Path inside the cluster's state folder. */
export function statePath(settings: ClusterSettings, ...parts: string[]): string {
  return join(settings.state, ...parts);
}
