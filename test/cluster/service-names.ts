import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { V1Pod } from '@kubernetes/client-node';
import type { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import { RESOURCES } from '../../src/activities/kubernetes/resources.ts';
import { startNameServer } from '../support/name-server.ts';
import { clusterSettings } from './settings.ts';

/** Names of Services for pods of the own cluster, which has neither DNS nor kube-proxy. */
export interface ServiceNames {
  /** Variables with which Helm finds the API server, and Python's gevent the names. */
  readonly variables: { [name: string]: string };
  stop(): void;
}

/**
 * Answers `<service>.<project>-<stage>` with the node's address, and forwards what comes there on port 80 to a pod of that
 * Service, as long as the Service is there. Needs root, as the cluster does.
 */
export async function serveNames(
  api: KubernetesApi,
  { project, service }: { project: string; service: string },
): Promise<ServiceNames> {
  const { nodeIp, ports } = clusterSettings();
  const pattern = new RegExp(`^${service}\\.${project}-[a-z]+$`);
  const server = createServer(async (incoming, outgoing) => {
    const [name = '', namespace = ''] = (incoming.headers.host ?? '').split(':')[0]?.split('.') ?? [];
    const host = await podAddress(api, { namespace, name }).catch(() => undefined);
    if (host === undefined) {
      incoming.socket.destroy();
      return;
    }
    const { url = '/', method = 'GET', headers } = incoming;
    const inner = request({ host, port: 9000, path: url, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    inner.once('error', () => outgoing.destroy());
    incoming.pipe(inner);
  }).listen(80, nodeIp);
  await once(server, 'listening');
  const dns = await startNameServer(nodeIp, { names: pattern, address: nodeIp });
  return {
    variables: {
      KUBERNETES_SERVICE_HOST: nodeIp,
      KUBERNETES_SERVICE_PORT: `${ports.api}`,
      GEVENT_RESOLVER: 'ares',
      GEVENTARES_SERVERS: nodeIp,
      GEVENTARES_UDP_PORT: `${dns.port}`,
    },
    stop: () => {
      dns.stop();
      server.closeAllConnections();
      server.close();
    },
  };
}

async function podAddress(
  api: KubernetesApi,
  { namespace, name }: { namespace: string; name: string },
): Promise<string | undefined> {
  if ((await api.find({ resource: RESOURCES.service, namespace, name })) === undefined) return undefined;
  const pods = await api.list<V1Pod>(
    { resource: RESOURCES.pod, namespace },
    { labelSelector: `app=${name}` },
  );
  return pods[0]?.status?.podIP;
}
