import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { GitConfigRepo } from '../../src/activities/config/git-config-repo.ts';
import { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import { RESOURCES } from '../../src/activities/kubernetes/resources.ts';
import { packChart } from '../../src/activities/platform/helm/chart-archive.ts';
import { HelmCommand } from '../../src/activities/platform/helm/helm-command.ts';
import { HelmPlatform } from '../../src/activities/platform/helm-platform.ts';
import type { EffectContext, ServiceRef } from '../../src/activities/platform/platform.ts';
import type { WeightedRouteTraffic } from '../../src/activities/traffic/weighted-route.ts';
import { until } from './command.ts';
import { findHelm } from './programs.ts';
import { clusterSettings } from './settings.ts';
import type { RouterName, Target } from './target.ts';

const CHART = join(import.meta.dirname, '..', '..', 'demo', 'podtato-head', 'charts', 'helloservice');

/** One service in a project of its own, with everything that delivers it: real Git, real helm, real cluster. */
export interface ServiceUnderTest {
  readonly ref: ServiceRef;
  readonly namespace: string;
  readonly api: KubernetesApi;
  readonly config: GitConfigRepo;
  readonly platform: HelmPlatform;
  readonly traffic: WeightedRouteTraffic;
  readonly context: EffectContext;
  /** What the adapters have told. */
  readonly told: string[];
  /** Host name at the gateway. */
  readonly host: string;
  /** Folder of its Git repositories. */
  readonly directory: string;
  readonly remove: () => Promise<void>;
}

/** Creates the project with the podtato-head chart in the given stage; `change` may rewrite the chart's files. */
export async function createService(
  target: Target,
  options: {
    project: string;
    router: RouterName;
    replicas?: number;
    change?: (path: string, text: string) => string;
    rolloutTimeoutSeconds?: number;
  },
): Promise<ServiceUnderTest> {
  const ref = { project: options.project, stage: 'hardening', service: 'helloservice' };
  const directory = mkdtempSync(join(tmpdir(), 'slipway-cluster-'));
  const config = new GitConfigRepo({ directory });
  await config.createProject(ref.project, {
    stages: [ref.stage, 'names'],
    shipyard: new TextEncoder().encode('{}\n'),
  });
  await config.createService(ref.project, ref.service);
  await config.createService(ref.project, 'nothing');
  await config.write(
    ref,
    [{ uri: 'helm/helloservice.tgz', content: await chartArchive(options) }],
    'Add chart',
  );
  const parts = withCluster({ ref, config }, target, options);
  const { api, platform, context } = parts;
  const told: string[] = [];
  const telling = { ...context, progress: (text: string) => void told.push(text) };
  const namespace = `${ref.project}-${ref.stage}`;
  const remove = async (): Promise<void> => {
    await platform.undeploy(ref, telling);
    await api.delete({ resource: RESOURCES.namespace, name: namespace });
    const gone = { resource: RESOURCES.namespace, name: namespace };
    await until(`namespace ${namespace} to go`, 90, async () => (await api.find(gone)) === undefined);
    rmSync(directory, { recursive: true, force: true });
  };
  const host = `helloservice.${namespace}.slipway.test`;
  return { ...parts, context: telling, namespace, told, host, directory, remove };
}

/** The same service by adapters that reach the cluster in another way, say by an account with fewer rights. */
export function withCluster<Service extends Pick<ServiceUnderTest, 'ref' | 'config'>>(
  service: Service,
  target: Target,
  options: { router: RouterName; rolloutTimeoutSeconds?: number },
): Service & Pick<ServiceUnderTest, 'api' | 'platform' | 'traffic' | 'context'> {
  const api = KubernetesApi.load(target.kubeconfig);
  const program = findHelm(clusterSettings());
  const helm = new HelmCommand({
    kubeconfig: target.kubeconfig,
    ...(program === undefined ? {} : { program }),
  });
  const ingress = { ingressHostnameSuffix: 'slipway.test' };
  const traffic = target.traffic(options.router, api, ingress);
  const { rolloutTimeoutSeconds = 60, router: mesh } = options;
  const platform = new HelmPlatform(
    { api, helm, config: service.config, routes: traffic },
    { mesh, ingress, rolloutTimeoutSeconds },
  );
  const context = { signal: new AbortController().signal, progress: () => undefined };
  return { ...service, api, platform, traffic, context };
}

async function chartArchive(options: {
  replicas?: number;
  change?: (path: string, text: string) => string;
}): Promise<Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const path of walk(CHART)) {
    const name = relative(CHART, path);
    let text = readFileSync(path, 'utf8');
    if (name === 'values.yaml') {
      text = text
        .replace('Always\n', 'IfNotPresent\n')
        .replace('replicaCount: 1', `replicaCount: ${options.replicas ?? 1}`);
    }
    files.set(name, new TextEncoder().encode(options.change?.(name, text) ?? text));
  }
  return packChart({ folder: 'helloservice', files });
}

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
}
