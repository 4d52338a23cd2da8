import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import type { Resource } from '../../src/activities/kubernetes/resources.ts';
import { RESOURCES } from '../../src/activities/kubernetes/resources.ts';
import { parseManifest } from '../../src/activities/platform/helm/chart-yaml.ts';
import { readyAddresses } from '../../src/activities/traffic/ready-addresses.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { run, until } from './command.ts';
import { type HostServices, startHostServices } from './host-services.ts';
import { ISTIO_GATEWAY_NAME } from './istio.ts';
import { findHelm } from './programs.ts';
import { clusterSettings, statePath } from './settings.ts';
import { ensureSlipwayImage } from './slipway-image.ts';
import { clusterTarget } from './target.ts';

const CHART = join(import.meta.dirname, '..', '..', 'k8s', 'slipway');
const VOLUME: Resource = { group: '', version: 'v1', plural: 'persistentvolumes', kind: 'PersistentVolume' };
const CLAIM: Resource = {
  group: '',
  version: 'v1',
  plural: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
};
/** The user of the image. */
const SLIPWAY_USER = 65_532;

/** Names of one installation; its namespace has the name of its release. */
export interface InstallationNames {
  readonly release: string;
  readonly project: string;
  readonly stages: readonly string[];
}

/** Slipway, installed by its chart with the image of its Containerfile on the own cluster; Temporal and Postgres stay outside. */
export class Installation {
  readonly token = 'token-of-the-installation';
  readonly kubeconfig = clusterTarget().kubeconfig;
  readonly api = KubernetesApi.load(this.kubeconfig);
  readonly names: InstallationNames;
  readonly #settings = clusterSettings();
  readonly #work = mkdtempSync(join(tmpdir(), 'slipway-install-'));
  #services: HostServices | undefined;

  constructor(names: InstallationNames) {
    this.names = names;
  }

  get namespace(): string {
    return this.names.release;
  }

  get projectNamespaces(): string[] {
    return this.names.stages.map((stage) => `${this.names.project}-${stage}`);
  }

  /** Installs the chart and waits until all its pods are ready. */
  async install(): Promise<void> {
    const image = await ensureSlipwayImage(this.#settings);
    this.#services = await startHostServices(this.#settings.nodeIp);
    for (const name of [this.namespace, ...this.projectNamespaces]) {
      await this.api.apply({ resource: RESOURCES.namespace, name }, { metadata: { name } });
    }
    await this.#createSecret('slipway-api-token', { token: this.token });
    await this.#createSecret('slipway-store', { url: this.#services.storeUrl });
    await this.#createVolume();
    await this.#helm(['upgrade', '--install', this.names.release, CHART, `--values=${this.#values(image)}`]);
    for (const component of ['server', 'worker']) await this.awaitReady(component);
  }

  /** Objects of the chart with this installation's values and others on top, under another release's name. */
  async render(...settings: string[]): Promise<JsonObject[]> {
    const sets = settings.flatMap((setting) => ['--set', setting]);
    const values = `--values=${join(this.#work, 'values.json')}`;
    return parseManifest(await this.#helm(['template', 'rendered', CHART, values, ...sets]), 'chart');
  }

  /** Waits until every wanted pod of `server` or `worker` is ready. */
  async awaitReady(component: string): Promise<void> {
    const name = `${this.names.release}-${component}`;
    const path = { resource: RESOURCES.deployment, namespace: this.namespace, name };
    try {
      await until(`${name} to be ready`, 120, async () => {
        const { spec, status, metadata } = await this.api.get<V1Deployment>(path);
        const current = status?.observedGeneration === metadata?.generation;
        return (
          current &&
          (status?.readyReplicas ?? 0) === spec?.replicas &&
          (status?.replicas ?? 0) === spec?.replicas
        );
      });
    } catch (error) {
      const logs = await Promise.all((await this.pods(component)).map((pod) => this.#logs(pod, component)));
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${logs.join('\n')}`);
    }
  }

  async pods(component: string): Promise<V1Pod[]> {
    const labelSelector = `app.kubernetes.io/instance=${this.names.release},app.kubernetes.io/component=${component}`;
    return this.api.list<V1Pod>({ resource: RESOURCES.pod, namespace: this.namespace }, { labelSelector });
  }

  /** Address of the API by the server's Service; without kube-proxy its pods are asked. */
  async endpoint(): Promise<string> {
    const service = { namespace: this.namespace, name: `${this.names.release}-server` };
    const [address] = await readyAddresses(this.api, service);
    if (address === undefined) throw new Error('the server has no endpoint');
    return `http://${address}/api`;
  }

  /** `helm uninstall`; the claim of the projects' files stays on purpose. */
  async uninstall(): Promise<void> {
    await this.#helm(['uninstall', this.names.release, '--wait']);
  }

  /** What carries the release's label, in any namespace that it has written to. */
  async leftovers(): Promise<string[]> {
    const role = { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'roles', kind: 'Role' };
    const kinds: Resource[] = [
      ...Object.values(RESOURCES).filter(({ kind }) => kind !== 'Namespace' && kind !== 'Event'),
      CLAIM,
      role,
      { ...role, plural: 'rolebindings', kind: 'RoleBinding' },
      { ...role, group: '', plural: 'serviceaccounts', kind: 'ServiceAccount' },
      { ...role, group: 'networking.k8s.io', plural: 'networkpolicies', kind: 'NetworkPolicy' },
      { ...role, group: 'policy', plural: 'poddisruptionbudgets', kind: 'PodDisruptionBudget' },
      { ...role, group: 'monitoring.coreos.com', plural: 'servicemonitors', kind: 'ServiceMonitor' },
      { ...role, group: 'monitoring.coreos.com', plural: 'prometheusrules', kind: 'PrometheusRule' },
    ];
    const labelSelector = `app.kubernetes.io/instance=${this.names.release}`;
    const found = await Promise.all(
      kinds.flatMap((resource) =>
        [this.namespace, ...this.projectNamespaces, 'istio-system'].map(async (namespace) => {
          type Found = { metadata: { name: string; deletionTimestamp?: string } };
          const objects = await this.api.list<Found>({ resource, namespace }, { labelSelector });
          return objects
            .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
            .map(({ metadata }) => `${resource.kind} ${metadata.name}`);
        }),
      ),
    );
    return found.flat();
  }

  /** Removes what is no part of the release: namespaces, volume, Temporal and Postgres. */
  async remove(): Promise<void> {
    for (const name of [...this.projectNamespaces, this.namespace]) {
      await this.api.delete({ resource: RESOURCES.namespace, name });
    }
    for (const name of [...this.projectNamespaces, this.namespace]) {
      const path = { resource: RESOURCES.namespace, name };
      await until(`namespace ${name} to go`, 90, async () => (await this.api.find(path)) === undefined);
    }
    await this.api.delete({ resource: VOLUME, name: this.names.release });
    await this.#services?.stop();
    rmSync(this.#work, { recursive: true, force: true });
    rmSync(this.#state, { recursive: true, force: true });
  }

  get #state(): string {
    return statePath(this.#settings, 'volumes', this.names.release);
  }

  /** This cluster has no provisioner: the volume of the projects' files is a folder of the node. */
  async #createVolume(): Promise<void> {
    mkdirSync(this.#state, { recursive: true });
    chownSync(this.#state, SLIPWAY_USER, SLIPWAY_USER);
    const name = this.names.release;
    await this.api.apply(
      { resource: VOLUME, name },
      {
        metadata: { name },
        spec: {
          capacity: { storage: '5Gi' },
          accessModes: ['ReadWriteOnce'],
          persistentVolumeReclaimPolicy: 'Retain',
          hostPath: { path: this.#state },
          claimRef: { namespace: this.namespace, name: `${name}-state`, apiVersion: 'v1', kind: CLAIM.kind },
        },
      },
    );
  }

  async #createSecret(name: string, values: { [key: string]: string }): Promise<void> {
    const path = { resource: RESOURCES.secret, namespace: this.namespace, name };
    await this.api.apply(path, { metadata: { name, namespace: this.namespace }, stringData: values });
  }

  /** Without kube-proxy and DNS pods reach the API server by the node's address; the gateways' proxies are processes of the node. */
  #values(image: string): string {
    const { nodeIp, ports } = this.#settings;
    const [repository, tag] = image.split(':');
    const values: JsonObject = {
      image: { repository: repository ?? '', tag: tag ?? '', pullPolicy: 'Never' },
      projectNamespaces: this.projectNamespaces,
      store: { urlSecret: 'slipway-store' },
      temporal: { address: this.#services?.temporalAddress ?? '' },
      state: { accessModes: ['ReadWriteOnce'] },
      traffic: {
        kind: 'istio',
        gateway: ISTIO_GATEWAY_NAME,
        probe: `http://${nodeIp}:${ports.istioIngress}`,
      },
      rolloutTimeoutSeconds: 30,
      ingress: { hostnameSuffix: 'slipway.test' },
      serviceMonitor: { enabled: true },
      prometheusRule: { enabled: true },
      dashboard: { enabled: true },
      extraEnv: [
        { name: 'KUBERNETES_SERVICE_HOST', value: nodeIp },
        { name: 'KUBERNETES_SERVICE_PORT', value: String(ports.api) },
      ],
    };
    const file = join(this.#work, 'values.json');
    writeFileSync(file, JSON.stringify(values));
    return file;
  }

  async #helm(args: readonly string[]): Promise<string> {
    const place = [`--namespace=${this.namespace}`, `--kubeconfig=${this.kubeconfig}`];
    return run(findHelm(this.#settings) ?? 'helm', [...args, ...place]);
  }

  async #logs(pod: V1Pod, container: string): Promise<string> {
    const name = pod.metadata?.name ?? '';
    const state = JSON.stringify(pod.status?.containerStatuses?.map((status) => status.state));
    const where = { namespace: this.namespace, name, container };
    const logs = await this.api.logs(where, { lines: 20 }).catch((error: unknown) => String(error));
    return `${name}: ${state}\n${logs}`;
  }
}
