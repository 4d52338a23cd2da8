import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import { openServiceTunnel, type TunnelledService } from '../kubernetes/service-tunnel.ts';
import type { EffectContext } from '../platform/platform.ts';
import type { LoadRequest, LoadResult, LoadTool } from './load-tool.ts';

/**
 * A load tool on a machine outside of the cluster: an address of the cluster, `http://<service>.<namespace>[:<port>]`, is
 * reached through a tunnel while the test runs; any other address is left alone.
 */
export class TunnelledLoad implements LoadTool {
  readonly #tool: LoadTool;
  readonly #api: KubernetesApi;

  constructor(tool: LoadTool, api: KubernetesApi) {
    this.#tool = tool;
    this.#api = api;
  }

  async run(request: LoadRequest, context: EffectContext): Promise<LoadResult> {
    const service = clusterService(request);
    if (service === undefined) return this.#tool.run(request, context);
    const tunnel = await openServiceTunnel(this.#api, service);
    try {
      const target = new URL(request.target);
      target.hostname = '127.0.0.1';
      target.port = String(tunnel.port);
      context.progress(`${request.target} is reached from outside the cluster by way of ${target.host}`);
      return await this.#tool.run({ ...request, target: target.href }, context);
    } finally {
      tunnel.close();
    }
  }
}

/** The Service that an address of this project's stage names; undefined for every other address. */
export function clusterService({ target, project, stage }: LoadRequest): TunnelledService | undefined {
  if (!URL.canParse(target)) return undefined;
  const { protocol, hostname, port } = new URL(target);
  const [name = '', namespace = '', ...domain] = hostname.split('.');
  if (protocol !== 'http:' || namespace !== `${project}-${stage}`) return undefined;
  const inCluster = ['', 'svc', 'svc.cluster.local'].includes(domain.join('.'));
  return inCluster ? { name, namespace, port: Number(port || 80) } : undefined;
}
