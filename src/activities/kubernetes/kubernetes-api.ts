import { Agent, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { KubeConfig } from '@kubernetes/client-node';
import axios, { type AxiosRequestConfig, type AxiosResponse } from 'axios';
import type { Json, JsonObject } from '../../contracts/json.ts';
import { KubernetesApiError, KubernetesUnreachableError } from './errors.ts';
import { forwardToPod } from './port-forward.ts';
import { apiVersionOf, describePath, type ObjectPath, restPath } from './resources.ts';

/** Selects and bounds a list, see the Kubernetes API's list parameters. */
export interface ListQuery {
  labelSelector?: string;
  fieldSelector?: string;
}

/** One operation of an RFC 6902 patch. */
export interface JsonPatchOperation {
  op: 'add' | 'remove' | 'replace' | 'test';
  path: string;
  value?: Json;
}

/** Name under which Slipway's own writes appear in `managedFields`. */
export const FIELD_MANAGER = 'slipway';

const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;
const PAGE_SIZE = 250;

/**
 * The few verbs that Slipway needs of a Kubernetes API server, for any kind. Credentials come from a kubeconfig or
 * the pod's service account (@kubernetes/client-node); every call has a timeout and a size limit and follows no redirect.
 * Throws KubernetesApiError (the server refused) or KubernetesUnreachableError (it did not answer).
 */
export class KubernetesApi {
  readonly #config: KubeConfig;
  readonly #timeoutMs: number;
  #agent: { until: number; agent: Agent; headers: { [name: string]: string } } | undefined;

  /** `timeoutSeconds` bounds each call, default 20. */
  constructor(config: KubeConfig, timeoutSeconds = 20) {
    this.#config = config;
    this.#timeoutMs = timeoutSeconds * 1000;
  }

  /** Reads a kubeconfig file, or without one $KUBECONFIG, ~/.kube/config or the pod's service account, in that order. */
  static load(kubeconfigFile?: string): KubernetesApi {
    const config = new KubeConfig();
    if (kubeconfigFile === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfigFile);
    return new KubernetesApi(config);
  }

  /** URL of the API server, for messages. */
  get server(): string {
    return this.#config.getCurrentCluster()?.server ?? 'unknown server';
  }

  /** Reads one object; throws KubernetesApiError with status 404 when it is not there. */
  async get<T>(path: ObjectPath): Promise<T> {
    return (await this.#call('GET', path, {})) as T;
  }

  /** Reads one object; undefined when it is not there. */
  async find<T>(path: ObjectPath): Promise<T | undefined> {
    try {
      return await this.get<T>(path);
    } catch (error) {
      if (error instanceof KubernetesApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Reads a whole collection, page by page. */
  async list<T>(path: ObjectPath, query: ListQuery = {}): Promise<T[]> {
    const items: T[] = [];
    let token: string | undefined;
    do {
      const page = (await this.#call('GET', path, {
        params: { ...query, limit: PAGE_SIZE, ...(token === undefined ? {} : { continue: token }) },
      })) as { items?: T[]; metadata?: { continue?: string } };
      items.push(...(page.items ?? []));
      token = page.metadata?.continue || undefined;
    } while (token !== undefined);
    return items;
  }

  async create<T>(path: ObjectPath, body: JsonObject): Promise<T> {
    const object = { apiVersion: apiVersionOf(path.resource), kind: path.resource.kind, ...body };
    return (await this.#call('POST', path, { data: object, params: { fieldManager: FIELD_MANAGER } })) as T;
  }

  /** Server-side apply with Slipway's field manager; takes over the fields that it names. */
  async apply<T>(path: ObjectPath, body: JsonObject): Promise<T> {
    const object = { apiVersion: apiVersionOf(path.resource), kind: path.resource.kind, ...body };
    return (await this.#call('PATCH', path, {
      data: object,
      params: { fieldManager: FIELD_MANAGER, force: true },
      headers: { 'content-type': 'application/apply-patch+yaml' },
    })) as T;
  }

  /** RFC 6902 patch; a failed `test` operation is answered with 422. */
  async patch<T>(path: ObjectPath, operations: readonly JsonPatchOperation[]): Promise<T> {
    return (await this.#call('PATCH', path, {
      data: operations,
      params: { fieldManager: FIELD_MANAGER },
      headers: { 'content-type': 'application/json-patch+json' },
    })) as T;
  }

  async mergePatch<T>(path: ObjectPath, body: JsonObject): Promise<T> {
    return (await this.#call('PATCH', path, {
      data: body,
      params: { fieldManager: FIELD_MANAGER },
      headers: { 'content-type': 'application/merge-patch+json' },
    })) as T;
  }

  /** Deletes one object and what it owns; one that is not there is no error. `graceSeconds` shortens a pod's own time. */
  async delete(path: ObjectPath, graceSeconds?: number): Promise<void> {
    const grace = graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds };
    try {
      await this.#call('DELETE', path, { params: { propagationPolicy: 'Background', ...grace } });
    } catch (error) {
      if (!(error instanceof KubernetesApiError && error.status === 404)) throw error;
    }
  }

  /** Newest lines of a container's log; `previous` asks for the container that ran before the last restart. */
  async logs(
    pod: { namespace: string; name: string; container: string },
    options: { lines?: number; bytes?: number; previous?: boolean },
  ): Promise<string> {
    const path: ObjectPath = {
      resource: { group: '', version: 'v1', plural: 'pods', kind: 'Pod' },
      namespace: pod.namespace,
      name: pod.name,
      subresource: 'log',
    };
    const params = {
      container: pod.container,
      ...(options.lines === undefined ? {} : { tailLines: options.lines }),
      ...(options.previous === true ? { previous: true } : {}),
    };
    const text = String(await this.#call('GET', path, { params, responseType: 'text' }));
    return options.bytes === undefined ? text : text.slice(-options.bytes);
  }

  /** Joins a connection with a port of a pod, through the API server. */
  forward(pod: { namespace: string; name: string; port: number }, connection: Duplex): Promise<void> {
    return forwardToPod(this.#config, pod, connection);
  }

  /** Version that the API server tells, for example `v1.35.4`. */
  async version(): Promise<string> {
    const answer = (await this.#send('GET', { path: '/version', what: 'version' }, {})) as {
      gitVersion?: unknown;
    };
    return typeof answer.gitVersion === 'string' ? answer.gitVersion : 'unknown version';
  }

  /** Plural names of the kinds that an API group serves in this version; empty when the group is not known. */
  async served(group: string, version: string): Promise<string[]> {
    const path = `/apis/${encodeURIComponent(group)}/${encodeURIComponent(version)}`;
    try {
      const answer = (await this.#send('GET', { path, what: path }, {})) as {
        resources?: { name: string }[];
      };
      return (answer.resources ?? []).map(({ name }) => name);
    } catch (error) {
      if (error instanceof KubernetesApiError && error.status === 404) return [];
      throw error;
    }
  }

  #call(method: string, path: ObjectPath, request: AxiosRequestConfig): Promise<unknown> {
    return this.#send(method, { path: restPath(path), what: describePath(path) }, request);
  }

  async #send(
    method: string,
    { path, what }: { path: string; what: string },
    request: AxiosRequestConfig,
  ): Promise<unknown> {
    const where = `${method} ${what}`;
    const { agent, headers } = await this.#transport();
    let response: AxiosResponse<unknown>;
    try {
      response = await axios.request({
        method,
        url: `${this.server}${path}`,
        httpsAgent: agent,
        timeout: this.#timeoutMs,
        signal: AbortSignal.timeout(this.#timeoutMs),
        maxRedirects: 0,
        maxContentLength: MAX_RESPONSE_BYTES,
        proxy: false,
        validateStatus: () => true,
        ...request,
        headers: {
          accept: 'application/json',
          ...headers,
          ...(request.headers as { [name: string]: string }),
        },
      });
    } catch (error) {
      throw new KubernetesUnreachableError(
        `${where}: ${this.server} did not answer (${error instanceof Error ? error.message : String(error)}); check that the API server runs and is reachable`,
      );
    }
    if (response.status < 300) return response.data;
    throw refusal(where, response);
  }

  /** Tokens of exec plugins and service accounts expire: the agent is made anew every minute. */
  async #transport(): Promise<{ agent: Agent; headers: { [name: string]: string } }> {
    const now = Date.now();
    if (this.#agent !== undefined && this.#agent.until > now) return this.#agent;
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
    const agent = new Agent({
      keepAlive: true,
      maxSockets: 16,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(pfx === undefined ? {} : { pfx }),
      ...(passphrase === undefined ? {} : { passphrase }),
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
      ...(servername === undefined ? {} : { servername }),
    });
    const headers: { [name: string]: string } = {};
    for (const [name, value] of Object.entries(options.headers ?? {})) headers[name] = String(value);
    if (typeof options.auth === 'string')
      headers.authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`;
    this.#agent = { until: now + 60_000, agent, headers };
    return this.#agent;
  }
}

function refusal(where: string, response: AxiosResponse<unknown>): Error {
  const { status } = response;
  const body = parsed(response.data);
  const message = typeof body.message === 'string' ? body.message.slice(0, 2000) : `HTTP ${status}`;
  const reason = typeof body.reason === 'string' ? body.reason : String(status);
  if (status === 429 || status >= 500) {
    return new KubernetesUnreachableError(`${where}: the API server is not able to answer now: ${message}`);
  }
  if (status === 403 || status === 401) {
    return new KubernetesApiError(
      `${where}: not allowed: ${message}; grant the verb to Slipway's service account (docs/kubernetes.md has the list)`,
      status,
      reason,
    );
  }
  return new KubernetesApiError(`${where}: ${message}`, status, reason);
}

function parsed(data: unknown): { [key: string]: unknown } {
  if (typeof data === 'object' && data !== null) return data as { [key: string]: unknown };
  if (typeof data !== 'string' || !data.startsWith('{')) return { message: data };
  try {
    return JSON.parse(data) as { [key: string]: unknown };
  } catch (error) {
    if (error instanceof SyntaxError) return { message: data };
    throw error;
  }
}
