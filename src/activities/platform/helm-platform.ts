import { asPlatformErrors } from './helm/as-platform-errors.ts';
import { deploy } from './helm/deploy.ts';
import { previewOf } from './helm/deployment-preview.ts';
import { routeChart } from './helm/direct-route.ts';
import {
  deployedMainObjects,
  type HelmCluster,
  type HelmPlatformDependencies,
  type HelmPlatformOptions,
  helmCluster,
  notDeployed,
  releaseOf,
} from './helm/helm-cluster.ts';
import { liveEndpoints } from './helm/live-endpoints.ts';
import { upgradePrimary } from './helm/primary-side.ts';
import { retire } from './helm/retire.ts';
import { scale } from './helm/scale.ts';
import { undeploy } from './helm/undeploy.ts';
import { loadUserChart } from './helm/user-chart.ts';
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

/**
 * Runs services as Helm releases (helm-service 0.18): the user's chart is the canary side, a generated chart beside it the
 * primary side. Every verb reads the releases first; a revision's description names the step that made it.
 */
export class HelmPlatform implements Platform, Previewer {
  readonly #cluster: HelmCluster;

  constructor(parts: HelmPlatformDependencies, options: HelmPlatformOptions = {}) {
    this.#cluster = helmCluster(parts, options);
  }

  deploy(request: DeployRequest, context: EffectContext): Promise<Deployment> {
    return asPlatformErrors(() => deploy(this.#cluster, request, context));
  }

  promote(request: ServiceRef & { idempotencyKey: string }, context: EffectContext): Promise<void> {
    return asPlatformErrors(async () => {
      const manifest = await this.#cluster.steps.manifest(releaseOf(request, false));
      if (manifest.length === 0) throw notDeployed(request);
      const step = { manifest, context, name: 'promote', key: request.idempotencyKey };
      await upgradePrimary(this.#cluster, request, step);
    });
  }

  retire(request: ServiceRef & { side: Side }, context: EffectContext): Promise<void> {
    return asPlatformErrors(() => retire(this.#cluster, request, context));
  }

  scale(
    request: ServiceRef & { increment: number; idempotencyKey: string },
    context: EffectContext,
  ): Promise<number> {
    return asPlatformErrors(() => scale(this.#cluster, request, context));
  }

  undeploy(request: ServiceRef, context: EffectContext): Promise<void> {
    return asPlatformErrors(() => undeploy(this.#cluster, request, context));
  }

  endpoints(request: ServiceRef): Promise<Endpoints | undefined> {
    return asPlatformErrors(async () => {
      const manifest = await this.#cluster.steps.manifest(releaseOf(request, false));
      if (manifest.length === 0) return undefined;
      const main = await deployedMainObjects(this.#cluster, request);
      return liveEndpoints(this.#cluster.api, request, { manifest, main });
    });
  }

  /** What a deployment, and the release after it, would change; nothing is written, neither to the cluster nor to Git. */
  preview(request: DeployRequest): Promise<Awaited<ReturnType<Previewer['preview']>>> {
    return asPlatformErrors(async () => {
      const { config, helm, routes, mesh, steps } = this.#cluster;
      const { chart } = await loadUserChart(config, request, { commit: false });
      return previewOf(request, chart, {
        helm,
        mesh,
        manifest: (release) => steps.manifest(release),
        running: async () => (await this.endpoints(request))?.versions.primary,
        routeChart: (manifest) => routeChart(this.#cluster, request, manifest),
        ...(routes === undefined
          ? {}
          : { hasRoute: async () => (await routes.written(request)) !== undefined }),
      });
    });
  }
}
