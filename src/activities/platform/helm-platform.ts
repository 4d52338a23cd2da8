import type { V1Deployment } from '@kubernetes/client-node';
import type { JsonObject } from '../../contracts/json.ts';
import { parseEndpoints } from '../../files/endpoints.ts';
import { formatProblem } from '../../files/problem.ts';
import type { ConfigRepo } from '../config/config-repo.ts';
import { isConflict, KubernetesApiError } from '../kubernetes/errors.ts';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import { RESOURCES } from '../kubernetes/resources.ts';
import type { Weights } from '../traffic/traffic-router.ts';
import { PlatformRetryableError, PlatformTerminalError } from './errors.ts';
import { asPlatformErrors } from './helm/as-platform-errors.ts';
import type { Chart } from './helm/chart.ts';
import { previewOf } from './helm/deployment-preview.ts';
import {
  INGRESS_DEFAULTS,
  type IngressOptions,
  localUri,
  lowestPort,
  publicUri,
} from './helm/deployment-uris.ts';
import { duplicateChart, type MeshKind, SERVICE_LABEL } from './helm/duplicate-chart.ts';
import type { HelmCommand, Release } from './helm/helm-command.ts';
import { deploymentName, liveEndpoints } from './helm/live-endpoints.ts';
import { findDeployment, stopDeployment } from './helm/live-objects.ts';
import { addressedService, type MainObjects, mainObjects } from './helm/main-objects.ts';
import { KEEP_POLICY, meshChart } from './helm/mesh-chart.ts';
import { isKind, objectName, stringsAt } from './helm/objects.ts';
import { namespaceOf, releaseName } from './helm/release-name.ts';
import { refuseForeignRelease } from './helm/release-owner.ts';
import { ReleaseSteps } from './helm/release-steps.ts';
import { keptnValues, loadUserChart, scopeOf, storeGeneratedChart } from './helm/user-chart.ts';
import type {
  Deployment,
  DeployRequest,
  EffectContext,
  Endpoints,
  Platform,
  Previewer,
  ServiceRef,
  Side,
} from './platform.ts';

/** How the platform fits the cluster; every field has a default. */
export interface HelmPlatformOptions {
  /** Who splits the traffic. Default `istio`. */
  readonly mesh?: MeshKind;
  /** Addresses for users outside; defaults of helm-service 0.18. */
  readonly ingress?: Partial<IngressOptions>;
  /** Gateway of direct deployments, `<namespace>/<name>` or for Istio `<name>.<namespace>`. Default `public-gateway.istio-system`. */
  readonly gateway?: string;
  /** Seconds until a rollout counts as failed. Default 180, as helm-service waited. */
  readonly rolloutTimeoutSeconds?: number;
}

/** What HelmPlatform works with. */
export interface HelmPlatformDependencies {
  readonly api: KubernetesApi;
  readonly helm: HelmCommand;
  readonly config: ConfigRepo;
  /** Routes of this cluster; without them (mesh `none`) nobody is asked whether a side still has traffic. */
  readonly routes?: RouteOwner;
}

/** What the platform needs of the traffic router: users begin on the primary, and a side with weight is not stopped. */
export interface RouteOwner {
  /** Weights as the route object has them; undefined without a route. */
  written(service: ServiceRef): Promise<Weights | undefined>;
  setWeights(request: ServiceRef & { weights: Weights }, context: EffectContext): Promise<void>;
}

/** Annotation with the key of the newest scaling action, so that a repeated one adds nothing. */
const SCALED_ANNOTATION = 'slipway.dev/scaled';
const SCALE_TRIES = 5;

/**
 * Runs services as Helm releases (helm-service 0.18): the user's chart is the canary side, a generated chart beside it the
 * primary side. Every verb reads the releases first; a revision's description names the step that made it.
 */
export class HelmPlatform implements Platform, Previewer {
  readonly #parts: HelmPlatformDependencies;
  readonly #steps: ReleaseSteps;
  readonly #mesh: MeshKind;
  readonly #ingress: IngressOptions;
  readonly #gateway: string;

  constructor(parts: HelmPlatformDependencies, options: HelmPlatformOptions = {}) {
    this.#parts = parts;
    this.#steps = new ReleaseSteps(parts, options.rolloutTimeoutSeconds ?? 180);
    this.#mesh = options.mesh ?? 'istio';
    this.#ingress = { ...INGRESS_DEFAULTS, ...options.ingress };
    this.#gateway = options.gateway ?? 'public-gateway.istio-system';
  }

  deploy(request: DeployRequest, context: EffectContext): Promise<Deployment> {
    return asPlatformErrors(async () => {
      const { strategy } = request;
      const release = releaseOf(request, false);
      if (strategy === 'direct') await this.#refuseServedPrimary(request);
      const name = strategy === 'duplicate' ? 'canary' : strategy;
      const step = {
        release,
        service: request.service,
        name: 'deploy',
        key: request.idempotencyKey,
        chart: async () => {
          const loaded = await loadUserChart(this.#parts.config, request);
          await this.#ensureNamespace(request, context);
          return loaded;
        },
        values: keptnValues(request, name),
      };
      const starts = async (manifest: readonly JsonObject[]): Promise<JsonObject> =>
        mainObjects(manifest, request.service, await this.#parts.helm.values(release)).deployment;
      const gitCommit = await this.#steps.carryOut(
        strategy === 'duplicate' ? { ...step, starts } : step,
        context,
      );
      const manifest = await this.#steps.manifest(release);
      if (strategy !== 'user_managed') await this.#awaitListening(request, 'canary', context);
      if (strategy === 'duplicate') await this.#ensurePrimary(request, { manifest, context });
      if (strategy === 'direct') await this.#ensureMesh(request, { manifest, context });
      const uris =
        strategy === 'user_managed' ? await this.#userManaged(request) : await this.#uris(request, manifest);
      const commit = gitCommit === undefined ? {} : { gitCommit };
      return { deploymentstrategy: strategy, ...uris, deploymentNames: [name], ...commit };
    });
  }

  promote(request: ServiceRef & { idempotencyKey: string }, context: EffectContext): Promise<void> {
    return asPlatformErrors(async () => {
      const manifest = await this.#steps.manifest(releaseOf(request, false));
      if (manifest.length === 0) throw notDeployed(request);
      await this.#upgradePrimary(request, {
        manifest,
        context,
        name: 'promote',
        key: request.idempotencyKey,
      });
    });
  }

  retire(request: ServiceRef & { side: Side }, context: EffectContext): Promise<void> {
    return asPlatformErrors(async () => {
      const main = await this.#mainObjects(request);
      if (main === undefined) return;
      const weight = (await this.#parts.routes?.written(request))?.[request.side] ?? 0;
      if (weight > 0) {
        throw new PlatformTerminalError(
          `the ${request.side} of ${request.service} in stage ${request.stage} still has ${weight} % of the traffic; shift it away and drain the side before it is stopped`,
        );
      }
      const which = { namespace: namespaceOf(request), name: deploymentName(main, request.side) };
      if (await stopDeployment(this.#parts.api, which)) await this.#steps.awaitDeployment(which, context);
    });
  }

  scale(
    request: ServiceRef & { increment: number; idempotencyKey: string },
    context: EffectContext,
  ): Promise<number> {
    return asPlatformErrors(async () => {
      const main = await this.#mainObjects(request);
      if (main === undefined) throw notDeployed(request);
      const namespace = namespaceOf(request);
      const primary = deploymentName(main, 'primary');
      const exists = (await findDeployment(this.#parts.api, namespace, primary)) !== undefined;
      const which = { namespace, name: exists ? primary : objectName(main.deployment) };
      const replicas = await this.#addReplicas(which, request);
      await this.#steps.awaitDeployment(which, context);
      return replicas;
    });
  }

  undeploy(request: ServiceRef, context: EffectContext): Promise<void> {
    return asPlatformErrors(async () => {
      for (const generated of [true, false]) {
        const release = releaseOf(request, generated);
        await refuseForeignRelease(this.#parts.helm, release, request.service);
        context.progress(`removing release ${release.name}`);
        await this.#parts.helm.uninstall(release);
      }
      if (this.#mesh === 'none') return;
      const resource = this.#mesh === 'istio' ? RESOURCES.virtualService : RESOURCES.httpRoute;
      const namespace = namespaceOf(request);
      const labelSelector = `${SERVICE_LABEL}=${request.service}`;
      const { api } = this.#parts;
      const routes = await api.list<{ metadata: { name: string } }>(
        { resource, namespace },
        { labelSelector },
      );
      for (const { metadata } of routes) await api.delete({ resource, namespace, name: metadata.name });
    });
  }

  endpoints(request: ServiceRef): Promise<Endpoints | undefined> {
    return asPlatformErrors(async () => {
      const manifest = await this.#steps.manifest(releaseOf(request, false));
      if (manifest.length === 0) return undefined;
      const main = await this.#mainObjects(request);
      return liveEndpoints(this.#parts.api, request, { manifest, main });
    });
  }

  /** What a deployment, and the release after it, would change; nothing is written, neither to the cluster nor to Git. */
  preview(request: DeployRequest): Promise<Awaited<ReturnType<Previewer['preview']>>> {
    return asPlatformErrors(async () => {
      const { config, helm, routes } = this.#parts;
      const mesh = this.#mesh;
      const { chart } = await loadUserChart(config, request, { commit: false });
      return previewOf(request, chart, {
        helm,
        mesh,
        manifest: (release) => this.#steps.manifest(release),
        running: async () => (await this.endpoints(request))?.versions.primary,
        ...(mesh === 'none'
          ? {}
          : { routeChart: (manifest) => this.#routeChart(request, { manifest, mesh }) }),
        ...(routes === undefined
          ? {}
          : { hasRoute: async () => (await routes.written(request)) !== undefined }),
      });
    });
  }

  #routeChart(
    request: ServiceRef,
    { manifest, mesh }: { manifest: readonly JsonObject[]; mesh: Exclude<MeshKind, 'none'> },
  ): Chart {
    return meshChart(manifest, { service: request, ingress: this.#ingress, mesh, gateway: this.#gateway });
  }

  /** The first deployment of a service makes its primary from the same version (helm-service 0.18); later ones leave it alone. */
  async #ensurePrimary(
    request: DeployRequest,
    found: { manifest: JsonObject[]; context: EffectContext },
  ): Promise<void> {
    const generated = await this.#steps.manifest(releaseOf(request, true));
    const complete = generated.some((object) => isKind(object, 'apps', 'Deployment'));
    if (complete && !(await this.#isThere(request, generated)))
      await this.#steps.recreate(releaseOf(request, true), found.context);
    if (complete && (await this.#parts.routes?.written(request)) !== undefined) return;
    const step = { ...found, name: 'first primary', key: request.idempotencyKey };
    if (!complete) await this.#upgradePrimary(request, step);
    const { routes } = this.#parts;
    if (routes === undefined || (await routes.written(request)) !== undefined) return;
    await routes.setWeights({ ...request, weights: { primary: 100, canary: 0 } }, found.context);
  }

  /** A primary of which somebody has deleted a part is made again in its own version, never in the new one. */
  async #isThere(request: ServiceRef, generated: readonly JsonObject[]): Promise<boolean> {
    const { api } = this.#parts;
    const namespace = namespaceOf(request);
    const kinds = [
      { resource: RESOURCES.deployment, group: 'apps' },
      { resource: RESOURCES.service, group: '' },
    ];
    for (const { resource, group } of kinds) {
      for (const object of generated.filter((entry) => isKind(entry, group, resource.kind)))
        if ((await api.find({ resource, namespace, name: objectName(object) })) === undefined) return false;
    }
    return true;
  }

  async #upgradePrimary(
    request: ServiceRef,
    step: { manifest: JsonObject[]; context: EffectContext; name: string; key: string },
  ): Promise<void> {
    const release = releaseOf(request, true);
    const values = await this.#parts.helm.values(releaseOf(request, false));
    const chart = duplicateChart(step.manifest, { service: request, values, mesh: this.#mesh });
    await this.#keepRoute(request);
    await this.#carryOutGenerated(request, { release, chart, deployment: 'primary', ...step });
    await this.#awaitListening(request, 'primary', step.context);
  }

  /** The generated chart of a direct deployment has no primary: putting it over one would end the pods that users are on. */
  async #refuseServedPrimary(request: ServiceRef): Promise<void> {
    const generated = await this.#steps.manifest(releaseOf(request, true));
    if (!generated.some((object) => isKind(object, 'apps', 'Deployment'))) return;
    throw new PlatformTerminalError(
      `${request.service} runs blue/green in stage ${request.stage}, and its users are on the primary, which a direct deployment would take away; keep blue_green_service, or remove the releases of the service first`,
    );
  }

  async #ensureMesh(
    request: DeployRequest,
    found: { manifest: JsonObject[]; context: EffectContext },
  ): Promise<void> {
    const mesh = this.#mesh;
    if (mesh === 'none') return;
    const release = releaseOf(request, true);
    const chart = this.#routeChart(request, { manifest: found.manifest, mesh });
    const step = { context: found.context, name: 'mesh', key: request.idempotencyKey };
    await this.#carryOutGenerated(request, { release, chart, deployment: 'direct', ...step });
  }

  async #carryOutGenerated(
    request: ServiceRef,
    step: {
      release: Release;
      chart: Chart;
      deployment: 'primary' | 'direct';
      context: EffectContext;
      name: string;
      key: string;
    },
  ): Promise<void> {
    const { chart, context, deployment, ...rest } = step;
    const values = keptnValues(request, deployment);
    const { service } = request;
    await this.#steps.carryOut({ ...rest, service, values, chart: async () => ({ chart }) }, context);
    await storeGeneratedChart(this.#parts.config, request, chart);
  }

  /** A route that Keptn's own release made would vanish with the first upgrade that no longer names it. */
  async #keepRoute(request: ServiceRef): Promise<void> {
    if (this.#mesh !== 'istio') return;
    const { api } = this.#parts;
    const namespace = namespaceOf(request);
    for (const object of await this.#steps.manifest(releaseOf(request, true))) {
      if (object.kind !== 'VirtualService') continue;
      const path = { resource: RESOURCES.virtualService, namespace, name: objectName(object) };
      const metadata = { annotations: KEEP_POLICY, labels: { [SERVICE_LABEL]: request.service } };
      if ((await api.find(path)) !== undefined) await api.mergePatch(path, { metadata });
    }
  }

  /** A chart of several Deployments, none of which is meant, is left to their probes. */
  async #awaitListening(request: ServiceRef, side: Side, context: EffectContext): Promise<void> {
    const namespace = namespaceOf(request);
    const manifest = await this.#steps.manifest(releaseOf(request, false));
    const kinds = ['Deployment', 'Service'].map(
      (kind) => manifest.filter((object) => object.kind === kind).length,
    );
    if (kinds.some((count) => count !== 1)) return;
    const main = await this.#mainObjects(request);
    if (main === undefined) return;
    const name = deploymentName(main, side);
    await this.#steps.awaitListening({ namespace, name, service: main.service }, context);
  }

  async #mainObjects(request: ServiceRef): Promise<MainObjects | undefined> {
    const release = releaseOf(request, false);
    const manifest = await this.#steps.manifest(release);
    if (!manifest.some((object) => isKind(object, 'apps', 'Deployment'))) return undefined;
    return mainObjects(manifest, request.service, await this.#parts.helm.values(release));
  }

  /** With Istio the namespace of a blue/green service is labelled for sidecars, as helm-service 0.18 did; other choices stay. */
  async #ensureNamespace(request: DeployRequest, context: EffectContext): Promise<void> {
    const { api } = this.#parts;
    const name = namespaceOf(request);
    const path = { resource: RESOURCES.namespace, name };
    const labels: JsonObject = this.#mesh === 'istio' ? { 'istio-injection': 'enabled' } : {};
    try {
      const found = await api.find<JsonObject>(path);
      if (found === undefined) {
        await api.create({ resource: RESOURCES.namespace }, { metadata: { name, labels } });
      } else if (request.strategy === 'duplicate' && this.#mesh === 'istio' && !saysHowMeshed(found)) {
        await api.mergePatch(path, { metadata: { labels } });
      }
    } catch (error) {
      if (isConflict(error)) return;
      // The rights of the chart end at its namespaces: who made this one has decided about its labels.
      if (!(error instanceof KubernetesApiError && error.status === 403)) throw error;
      if ((await api.find(path)) === undefined) throw error;
      context.progress(`namespace ${name} is not labelled istio-injection=enabled: ${error.message}`);
    }
  }

  /** A chart of several Services, which Keptn refused, is addressed by the one that is released. */
  async #uris(
    request: ServiceRef,
    manifest: readonly JsonObject[],
  ): Promise<Pick<Deployment, 'deploymentURIsLocal' | 'deploymentURIsPublic'>> {
    const several = manifest.filter((object) => isKind(object, '', 'Service')).length > 1;
    const values = several ? await this.#parts.helm.values(releaseOf(request, false)) : {};
    const service = addressedService(manifest, request.service, values);
    const port = service === undefined ? undefined : lowestPort([service]);
    if (service === undefined || port === undefined)
      return { deploymentURIsLocal: [], deploymentURIsPublic: [] };
    const named = several ? { ...request, service: objectName(service) } : request;
    return {
      deploymentURIsLocal: [localUri(named, port)],
      deploymentURIsPublic: [publicUri(named, this.#ingress)],
    };
  }

  async #userManaged(
    request: DeployRequest,
  ): Promise<Pick<Deployment, 'deploymentURIsLocal' | 'deploymentURIsPublic'>> {
    const file = 'helm/endpoints.yaml';
    const found = await this.#parts.config.read(scopeOf(request), file, request.gitCommitId);
    if (found === undefined) return { deploymentURIsLocal: [], deploymentURIsPublic: [] };
    const { model, problems } = parseEndpoints(new TextDecoder().decode(found.content), file);
    if (model === undefined) throw new PlatformTerminalError(problems.map(formatProblem).join('\n'));
    return model;
  }

  /** The key lies in the same write as the number, so that a repeated action cannot add twice. */
  async #addReplicas(
    which: { namespace: string; name: string },
    request: { increment: number; idempotencyKey: string },
  ): Promise<number> {
    const path = { resource: RESOURCES.deployment, ...which };
    for (let tries = 0; tries < SCALE_TRIES; tries += 1) {
      const live = await this.#parts.api.get<V1Deployment>(path);
      const current = live.spec?.replicas ?? 1;
      if (live.metadata?.annotations?.[SCALED_ANNOTATION] === request.idempotencyKey) return current;
      const replicas = current + request.increment;
      if (replicas < 0)
        throw new PlatformTerminalError(
          `${which.name} has ${current} replicas; ${request.increment} is too many to take away`,
        );
      const metadata = {
        resourceVersion: live.metadata?.resourceVersion ?? '',
        annotations: { [SCALED_ANNOTATION]: request.idempotencyKey },
      };
      try {
        await this.#parts.api.mergePatch(path, { metadata, spec: { replicas } });
        return replicas;
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    }
    throw new PlatformRetryableError(
      `Deployment ${which.namespace}/${which.name} changes all the time; its replicas were not changed`,
    );
  }
}

function releaseOf(service: ServiceRef, generated: boolean): Release {
  return { name: releaseName(service, generated), namespace: namespaceOf(service) };
}

/** True when somebody has decided about sidecars: by injection, by a revision of Istio, or by ambient mode. */
function saysHowMeshed(namespace: JsonObject): boolean {
  const labels = stringsAt(namespace, 'metadata', 'labels');
  return ['istio-injection', 'istio.io/rev', 'istio.io/dataplane-mode'].some((key) => key in labels);
}

function notDeployed({ service, stage }: ServiceRef): PlatformTerminalError {
  return new PlatformTerminalError(`${service} is not deployed in stage ${stage}; trigger a delivery first`);
}
