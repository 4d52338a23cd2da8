import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { load } from 'js-yaml';

/** One request to the API server as a fault sees it. */
export interface ApiRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
}

/** What becomes of a request: it passes, its answer is lost (the work is done), or it is answered with this status at once. */
export type Fate = 'pass' | 'lose the answer' | { readonly status: number; readonly message: string };

/**
 * A proxy in front of the API server, for faults that the server does not produce on demand. The kubeconfig that it writes
 * is for those clients only that shall meet the faults: everybody else's cluster is untouched.
 */
export class FaultyApi {
  /** Path of a kubeconfig that leads through this proxy. */
  readonly kubeconfig: string;
  /** Asked for every request; may do something before the request goes on. */
  judge: (request: ApiRequest) => Fate | Promise<Fate> = () => 'pass';
  readonly #server: Server;
  readonly #silent = new Set<ServerResponse>();
  #away: 'no' | 'refuses' | 'is silent' = 'no';

  private constructor(server: Server, kubeconfig: string) {
    this.#server = server;
    this.kubeconfig = kubeconfig;
  }

  static async start(kubeconfig: string): Promise<FaultyApi> {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    const upstream = await upstreamOf(config);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const file = join(mkdtempSync(join(tmpdir(), 'slipway-faulty-')), 'kubeconfig');
    writeFileSync(file, JSON.stringify(redirected(readFileSync(kubeconfig, 'utf8'), url)), { mode: 0o600 });
    const proxy = new FaultyApi(server, file);
    server.on('request', (incoming, answer) => void proxy.#pass(incoming, answer, upstream));
    return proxy;
  }

  /** From now on the server cannot be reached: connections break, or nothing is answered. */
  leave(how: 'refuses' | 'is silent' = 'refuses'): void {
    this.#away = how;
    if (how === 'refuses') this.#server.closeAllConnections();
  }

  /** The server is back; what was asked meanwhile stays unanswered. */
  comeBack(): void {
    this.#away = 'no';
    for (const answer of this.#silent) answer.destroy();
    this.#silent.clear();
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
    rmSync(dirname(this.kubeconfig), { recursive: true });
  }

  async #pass(incoming: IncomingMessage, answer: ServerResponse, upstream: Upstream): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    if (this.#isAway(answer)) return;
    const fate = await this.judge({ method: incoming.method ?? 'GET', path: incoming.url ?? '/' });
    if (this.#isAway(answer)) return;
    if (typeof fate === 'object') return refuse(answer, fate);
    const { host: _host, authorization: _none, ...headers } = incoming.headers;
    const onward = request(
      `${upstream.url}${incoming.url}`,
      { method: incoming.method, agent: upstream.agent, headers: { ...headers, ...upstream.headers } },
      (response) => {
        if (fate === 'lose the answer' || this.#isAway(answer)) {
          response.resume();
          if (fate === 'lose the answer') answer.destroy();
          return;
        }
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      },
    );
    onward.on('error', () => answer.destroy());
    onward.end(Buffer.concat(chunks));
  }

  #isAway(answer: ServerResponse): boolean {
    if (this.#away === 'refuses') answer.destroy();
    if (this.#away === 'is silent') this.#silent.add(answer);
    return this.#away !== 'no';
  }
}

interface Upstream {
  readonly url: string;
  readonly agent: Agent;
  readonly headers: { [name: string]: string };
}

async function upstreamOf(config: KubeConfig): Promise<Upstream> {
  const options: Parameters<KubeConfig['applyToHTTPSOptions']>[0] = {};
  await config.applyToHTTPSOptions(options);
  const { ca, cert, key, headers } = options;
  const agent = new Agent({
    keepAlive: true,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  });
  const sent = Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]);
  return { url: config.getCurrentCluster()?.server ?? '', agent, headers: Object.fromEntries(sent) };
}

/** The kubeconfig with every cluster at the proxy, and no credentials: the proxy has those. */
function redirected(text: string, url: string): object {
  const config = load(text) as { clusters: { name: string }[]; users: { name: string }[] };
  return {
    ...config,
    clusters: config.clusters.map(({ name }) => ({
      name,
      cluster: { server: url, 'insecure-skip-tls-verify': true },
    })),
    users: config.users.map(({ name }) => ({ name, user: {} })),
  };
}

function refuse(answer: ServerResponse, { status, message }: { status: number; message: string }): void {
  const reason = status === 409 ? 'Conflict' : 'Unknown';
  const body = JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason,
    message,
    code: status,
  });
  answer.writeHead(status, { 'content-type': 'application/json' }).end(body);
}
