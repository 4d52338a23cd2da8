import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { V1Deployment, V1Service } from '@kubernetes/client-node';
import { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import { RESOURCES } from '../../src/activities/kubernetes/resources.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { until } from './command.ts';
import { HOST_SUFFIX, type Product } from './product.ts';
import { program } from './programs.ts';
import { clusterSettings } from './settings.ts';
import type { RouterName, Target } from './target.ts';

/** One service of a project, as the people on the tour look at it: from the gateway, in the cluster and in Git. */
export class Sights {
  readonly #target: Target;
  readonly #router: RouterName;
  readonly #project: string;
  readonly #service: string;
  readonly api: KubernetesApi;

  constructor(
    target: Target,
    router: RouterName,
    { project, service }: { project: string; service: string },
  ) {
    this.#target = target;
    this.#router = router;
    this.#project = project;
    this.#service = service;
    this.api = KubernetesApi.load(target.kubeconfig);
  }

  namespace(stage: string): string {
    return `${this.#project}-${stage}`;
  }

  host(stage: string): string {
    return `${this.#service}.${this.namespace(stage)}.${HOST_SUFFIX}`;
  }

  /** The page that users see, asked ten times through the gateway over connections of their own. */
  async pages(stage: string, path = '/'): Promise<{ versions: string[]; page: string }> {
    const { request } = await import('node:http');
    const ask = (): Promise<{ version: string; page: string }> =>
      new Promise((resolve, reject) => {
        const options = { agent: false as const, headers: { host: this.host(stage) } };
        const outgoing = request(new URL(path, this.#target.url(this.#router)), options, (response) => {
          let page = '';
          response.setEncoding('utf8').on('data', (chunk: string) => {
            page += chunk;
          });
          response.on('end', () => {
            const { 'x-version': version, 'x-podtato-version': podtato } = response.headers;
            if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}: ${page}`));
            else resolve({ version: String(version ?? podtato), page });
          });
        });
        outgoing.on('error', reject).end();
      });
    const answers = await Promise.all(Array.from({ length: 10 }, ask));
    return { versions: [...new Set(answers.map(({ version }) => version))], page: answers[0]?.page ?? '' };
  }

  /** Image and ready replicas of each Deployment: `<name>: <image without repository> <ready>/<wanted>`. */
  async deployments(stage: string): Promise<string[]> {
    const namespace = this.namespace(stage);
    const all = await this.api.list<V1Deployment>({ resource: RESOURCES.deployment, namespace });
    return all
      .map(({ metadata, spec, status }) => {
        const image = spec?.template.spec?.containers[0]?.image?.split('/').at(-1);
        return `${metadata?.name}: ${image} ${status?.readyReplicas ?? 0}/${spec?.replicas}`;
      })
      .sort();
  }

  async services(stage: string): Promise<string[]> {
    const namespace = this.namespace(stage);
    const all = await this.api.list<V1Service>({ resource: RESOURCES.service, namespace });
    return all
      .map(({ metadata, spec }) => {
        const ports = (spec?.ports ?? []).map(({ port, targetPort }) => `${port}>${targetPort}`);
        return `${metadata?.name}: app=${spec?.selector?.app} ${ports.join()}`;
      })
      .sort();
  }

  /** Names of the objects that route the traffic, with their kinds. */
  async routes(stage: string): Promise<string[]> {
    const namespace = this.namespace(stage);
    const kinds =
      this.#router === 'istio'
        ? [
            RESOURCES.virtualService,
            { ...RESOURCES.virtualService, plural: 'destinationrules', kind: 'DestinationRule' },
          ]
        : [RESOURCES.httpRoute];
    const found: string[] = [];
    for (const resource of kinds) {
      const all = await this.api.list<{ metadata: { name: string } }>({ resource, namespace });
      found.push(...all.map(({ metadata }) => `${resource.kind} ${metadata.name}`));
    }
    return found.sort();
  }

  /** Releases with the status of their newest revision, as `helm list` tells them. */
  releases(stage: string): string[] {
    const args = ['list', '--namespace', this.namespace(stage), '--kubeconfig', this.#target.kubeconfig];
    const text = execFileSync(program(clusterSettings(), 'helm'), [...args, '-o', 'json'], {
      encoding: 'utf8',
    });
    const all = JSON.parse(text) as { name: string; status: string; chart: string }[];
    return all.map(({ name, status, chart }) => `${name}: ${chart} ${status}`).sort();
  }

  /** Weights by Service as the data plane has them now; undefined where Envoy's admin port cannot be asked. */
  async dataPlaneWeights(stage: string): Promise<{ [service: string]: number } | undefined> {
    if (this.#target.envoyAdmin === undefined) return undefined;
    const url = `${this.#target.envoyAdmin}/config_dump?resource=dynamic_route_configs`;
    const dump = (await (await fetch(url, { signal: AbortSignal.timeout(10_000) })).json()) as {
      configs: { route_config: { virtual_hosts: { domains: string[]; routes: RouteEntry[] }[] } }[];
    };
    const host = this.host(stage);
    const route = dump.configs
      .flatMap(({ route_config }) => route_config.virtual_hosts ?? [])
      .find(({ domains }) => domains.some((domain) => domain.split(':')[0] === host))
      ?.routes.find(({ match }) => match.headers === undefined)?.route;
    assert.ok(route, `Envoy has no route for ${host}`);
    const clusters =
      route.weighted_clusters?.clusters ??
      (route.cluster === undefined ? [] : [{ name: route.cluster, weight: 100 }]);
    const named = clusters.map(({ name, weight }) => [/\|\|([^.]+)\./.exec(name)?.[1] ?? name, weight ?? 0]);
    return Object.fromEntries(named) as { [service: string]: number };
  }

  /** Subjects of the commits of a stage, newest first. */
  history(product: Product, stage: string): string[] {
    const repository = join(product.gitDir, this.#project);
    const text = execFileSync('git', ['-C', repository, 'log', '--format=%s', stage], { encoding: 'utf8' });
    return text.trim().split('\n');
  }

  /** A file of the stage's branch as it is now. */
  file(product: Product, stage: string, path: string): Buffer {
    return execFileSync('git', ['-C', join(product.gitDir, this.#project), 'show', `${stage}:${path}`]);
  }

  /** Removes what a tour has left in the cluster, and waits until it is gone: the next tour uses the same names. */
  async removeNamespaces(stages: readonly string[]): Promise<void> {
    const paths = stages.map((stage) => ({ resource: RESOURCES.namespace, name: this.namespace(stage) }));
    for (const path of paths) await this.api.delete(path);
    for (const path of paths) {
      const gone = async (): Promise<boolean> => (await this.api.find(path)) === undefined;
      await until(`namespace ${path.name} to go`, 180, gone, 500);
    }
  }
}

interface RouteEntry {
  match: { headers?: unknown };
  route?: {
    cluster?: string;
    weighted_clusters?: { clusters: { name: string; weight?: number }[] };
  };
}

/** `data` of the events of a type, oldest first. */
export async function eventData(
  product: Product,
  filter: { keptnContext: string; type: string; stage?: string },
): Promise<JsonObject[]> {
  const events = await product.client.events({ ...filter, type: `sh.keptn.event.${filter.type}` });
  return events.reverse().map(({ data }) => data as JsonObject);
}
