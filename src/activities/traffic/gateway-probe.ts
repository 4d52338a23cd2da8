import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import type { DataPlane } from './data-plane.ts';
import { TrafficTerminalError } from './errors.ts';
import { readyAddresses } from './ready-addresses.ts';
import { STAMP_HEADER } from './route-stamp.ts';

/** Where probes go: fixed addresses, or every ready pod of the gateway's Service. */
export type GatewayAddresses =
  | { readonly urls: readonly string[] }
  | { readonly service: { readonly namespace: string; readonly name: string; readonly port?: string } };

export interface ProbeOptions {
  /** Path of the probing GET. Default `/`. */
  readonly path?: string;
  /** Probes per gateway, each over a connection of its own, so that several worker threads are asked. Default 3. */
  readonly perGateway?: number;
  /** Milliseconds for one probe. Default 10,000. */
  readonly timeoutMs?: number;
}

/** Asks the gateways themselves: a route is in effect when its stamp comes back in the response header. Works everywhere. */
export class GatewayProbe implements DataPlane {
  readonly #api: KubernetesApi;
  readonly #addresses: GatewayAddresses;
  readonly #options: Required<ProbeOptions>;

  constructor(api: KubernetesApi, addresses: GatewayAddresses, options: ProbeOptions = {}) {
    this.#api = api;
    this.#addresses = addresses;
    this.#options = { path: '/', perGateway: 3, timeoutMs: 10_000, ...options };
  }

  async missing(host: string, stamp: string): Promise<string | undefined> {
    const urls = await this.#urls();
    const tries = urls.flatMap((url) => Array.from({ length: this.#options.perGateway }, () => url));
    const answers = await Promise.all(
      tries.map(async (url) => ({ url, seen: await this.#probe(url, host) })),
    );
    const other = answers.find(({ seen }) => seen !== stamp);
    return other === undefined ? undefined : `gateway ${other.url} answers ${host} by ${other.seen}`;
  }

  async #urls(): Promise<readonly string[]> {
    if ('urls' in this.#addresses) return this.#addresses.urls;
    const { namespace, name, port } = this.#addresses.service;
    const ready = await readyAddresses(this.#api, { namespace, name }, port);
    if (ready.length === 0) {
      throw new TrafficTerminalError(
        `the gateway's Service ${namespace}/${name} has no ready endpoint; correct the setting of the gateway`,
      );
    }
    return ready.map((address) => `http://${address}`);
  }

  /** A probe that gets no answer is an answer too: the gateway cannot be seen to have the route. */
  #probe(url: string, host: string): Promise<string> {
    const target = new URL(this.#options.path, url);
    const ask = target.protocol === 'https:' ? secureRequest : request;
    return new Promise((resolve) => {
      const headers = { host, 'user-agent': 'slipway-route-probe' };
      const signal = AbortSignal.timeout(this.#options.timeoutMs);
      const probe = ask(
        target,
        { agent: false, headers, signal, ...(ask === secureRequest ? { servername: host } : {}) },
        (response) => {
          response.destroy();
          const stamp = response.headers[STAMP_HEADER];
          resolve(
            typeof stamp === 'string' ? stamp : `a route without stamp (status ${response.statusCode})`,
          );
        },
      );
      probe.on('error', (error) => resolve(`nothing (${error.message})`));
      probe.end();
    });
  }
}
