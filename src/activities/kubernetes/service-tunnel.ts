import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { V1EndpointSlice } from '@kubernetes/client-node';
import { KubernetesUnreachableError } from './errors.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { RESOURCES } from './resources.ts';

/** Milliseconds after which a pod's own address counts as out of reach. */
const CONNECT_MS = 1000;
/** Milliseconds for which the list of ready pods is believed. */
const FRESH_MS = 500;

/** A Service as its address in the cluster names it. */
export interface TunnelledService {
  readonly namespace: string;
  readonly name: string;
  /** The Service's own port. */
  readonly port: number;
}

interface ReadyPod {
  readonly address: string;
  readonly port: number;
  /** Undefined for an endpoint that is no pod. */
  readonly name: string | undefined;
}

/** An open tunnel. */
export interface ServiceTunnel {
  /** Port on 127.0.0.1. */
  readonly port: number;
  close(): void;
}

/**
 * Listens on loopback and hands each connection to the next ready pod of a Service: for programs outside of the cluster, which
 * know neither its names nor its Service addresses. A pod whose own address is out of reach, or every pod without `direct` (default
 * true), is reached through the API server.
 */
export async function openServiceTunnel(
  api: KubernetesApi,
  service: TunnelledService,
  options: { direct?: boolean } = {},
): Promise<ServiceTunnel> {
  const open = new Set<Socket>();
  const { direct = true } = options;
  const pods = readyPods(api, service);
  let turn = 0;
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    pods()
      .then((ready) => join(api, { namespace: service.namespace, ready, turn: turn++, direct }, socket))
      .catch(() => socket.destroy()); // for the client a connection that breaks, as when a pod dies
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

async function join(
  api: KubernetesApi,
  {
    namespace,
    ready,
    turn,
    direct,
  }: { namespace: string; ready: readonly ReadyPod[]; turn: number; direct: boolean },
  socket: Socket,
): Promise<void> {
  const pod = ready[turn % ready.length];
  if (pod === undefined)
    throw new KubernetesUnreachableError(`no pod of the Service in ${namespace} is ready`);
  const reached = direct ? await dial(pod) : undefined;
  if (reached !== undefined) {
    reached.once('close', () => socket.destroy());
    socket.once('close', () => reached.destroy());
    reached.pipe(socket).pipe(reached);
  } else if (pod.name !== undefined) {
    await api.forward({ namespace, name: pod.name, port: pod.port }, socket);
  } else throw new KubernetesUnreachableError(`${pod.address} cannot be reached from here and is no pod`);
}

/** Undefined when the address cannot be reached from here. */
function dial({ address, port }: ReadyPod): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: CONNECT_MS });
    const fail = (): void => {
      socket.destroy();
      resolve(undefined);
    };
    socket.once('timeout', fail).once('error', fail);
    socket.once('connect', () => {
      socket.setTimeout(0).off('timeout', fail).off('error', fail);
      socket.on('error', () => socket.destroy());
      resolve(socket);
    });
  });
}

/** The Service's ready pods with the port behind the Service's own; asked again when the answer is old. */
function readyPods(api: KubernetesApi, service: TunnelledService): () => Promise<readonly ReadyPod[]> {
  let known: { until: number; pods: Promise<readonly ReadyPod[]> } | undefined;
  return () => {
    if (known === undefined || known.until < Date.now())
      known = { until: Date.now() + FRESH_MS, pods: listPods(api, service) };
    return known.pods;
  };
}

async function listPods(
  api: KubernetesApi,
  { namespace, name, port }: TunnelledService,
): Promise<readonly ReadyPod[]> {
  type Ports = { spec?: { ports?: { name?: string; port: number }[] } };
  const { spec } = await api.get<Ports>({ resource: RESOURCES.service, namespace, name });
  const portName = spec?.ports?.find((entry) => entry.port === port)?.name ?? '';
  const slices = await api.list<V1EndpointSlice>(
    { resource: RESOURCES.endpointSlice, namespace },
    { labelSelector: `kubernetes.io/service-name=${name}` },
  );
  return slices.flatMap(({ endpoints, ports }) => {
    const target = ports?.find((entry) => (entry.name ?? '') === portName)?.port;
    if (target === undefined) return [];
    return (endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses, targetRef }) => {
        const pod = targetRef?.kind === 'Pod' ? targetRef.name : undefined;
        return addresses.map((address) => ({ address, port: target, name: pod }));
      });
  });
}
