import { Agent } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import axios, { type AxiosResponse } from 'axios';
import type { JsonObject } from '../../src/contracts/json.ts';

type Manifest = JsonObject & {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
};

/** Asks the API server to create each object without keeping it, and to refuse unknown fields; answers what it objects to. */
export async function objections(
  kubeconfig: string,
  namespace: string,
  manifests: readonly JsonObject[],
): Promise<string[]> {
  const call = await caller(kubeconfig);
  const found: string[] = [];
  for (const manifest of manifests as readonly Manifest[]) {
    const root = manifest.apiVersion.includes('/')
      ? `/apis/${manifest.apiVersion}`
      : `/api/${manifest.apiVersion}`;
    const known = await call<{ resources?: { name: string; kind: string }[] }>('GET', root);
    const resource = known.data.resources?.find(
      ({ kind, name }) => kind === manifest.kind && !name.includes('/'),
    );
    const place = manifest.metadata.namespace ?? namespace;
    const answer =
      resource === undefined
        ? undefined
        : await call<{ message?: string }>(
            'POST',
            `${root}/namespaces/${place}/${resource.name}?dryRun=All&fieldValidation=Strict`,
            manifest,
          );
    if (answer !== undefined && answer.status < 300) continue;
    found.push(`${manifest.kind} ${manifest.metadata.name}: ${answer?.data.message ?? 'unknown kind'}`);
  }
  return found;
}

type Call = <T>(method: string, path: string, body?: unknown) => Promise<AxiosResponse<T>>;

async function caller(kubeconfig: string): Promise<Call> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const options: { ca?: string | Buffer; headers?: object } = {};
  await config.applyToHTTPSOptions(options as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
  const agent = new Agent(options.ca === undefined ? {} : { ca: options.ca });
  return (method, path, body) =>
    axios.request({
      method,
      url: `${config.getCurrentCluster()?.server}${path}`,
      data: body,
      httpsAgent: agent,
      headers: { ...options.headers, 'content-type': 'application/json' },
      timeout: 10_000,
      proxy: false,
      validateStatus: () => true,
    });
}
