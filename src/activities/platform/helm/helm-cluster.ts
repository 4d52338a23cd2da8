import type { ConfigRepo } from '../../config/config-repo.ts';
import type { KubernetesApi } from '../../kubernetes/kubernetes-api.ts';
import type { Weights } from '../../traffic/traffic-router.ts';
import { PlatformTerminalError } from '../errors.ts';
import type { EffectContext, ServiceRef } from '../platform.ts';
import { INGRESS_DEFAULTS, type IngressOptions } from './deployment-uris.ts';
import type { MeshKind } from './duplicate-chart.ts';
import type { HelmCommand, Release } from './helm-command.ts';
import { findMainObjects, type MainObjects } from './main-objects.ts';
import { isKind } from './objects.ts';
import { namespaceOf, releaseName } from './release-name.ts';
import { ReleaseSteps } from './release-steps.ts';

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

/** The parts and the settings of one cluster, shared by the platform's verbs. */
export interface HelmCluster extends HelmPlatformDependencies {
  readonly steps: ReleaseSteps;
  readonly mesh: MeshKind;
  readonly ingress: IngressOptions;
  readonly gateway: string;
}

/** Fills in the defaults of HelmPlatformOptions. */
export function helmCluster(parts: HelmPlatformDependencies, options: HelmPlatformOptions): HelmCluster {
  return {
    ...parts,
    steps: new ReleaseSteps(parts, options.rolloutTimeoutSeconds ?? 180),
    mesh: options.mesh ?? 'istio',
    ingress: { ...INGRESS_DEFAULTS, ...options.ingress },
    gateway: options.gateway ?? 'public-gateway.istio-system',
  };
}

/** The release of the user's chart, or of the generated one. */
export function releaseOf(service: ServiceRef, generated: boolean): Release {
  return { name: releaseName(service, generated), namespace: namespaceOf(service) };
}

/** Deployment and Service that the deployed user chart is about; undefined where these cannot be told, or there is none. */
export async function deployedMainObjects(
  { helm, steps }: Pick<HelmCluster, 'helm' | 'steps'>,
  request: ServiceRef,
): Promise<MainObjects | undefined> {
  const release = releaseOf(request, false);
  const manifest = await steps.manifest(release);
  if (!manifest.some((object) => isKind(object, 'apps', 'Deployment'))) return undefined;
  return findMainObjects(manifest, request, await helm.values(release));
}

/** For a verb that needs a deployed service; never retried. */
export function notDeployed({ service, stage }: ServiceRef): PlatformTerminalError {
  return new PlatformTerminalError(`${service} is not deployed in stage ${stage}; trigger a delivery first`);
}
