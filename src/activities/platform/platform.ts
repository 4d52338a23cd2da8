import type { JsonObject } from '../../contracts/json.ts';
import type { DeploymentPreview } from '../../contracts/preview.ts';

/** One service in one stage; its namespace or process group is `<project>-<stage>`. */
export interface ServiceRef {
  project: string;
  stage: string;
  service: string;
}

/** How a new version is brought in (helm-service 0.18): `duplicate` is blue/green and what `blue_green_service` means. */
export type DeploymentStrategy = 'direct' | 'duplicate' | 'user_managed';

/** The two sides of a blue/green service: users are on primary, a new version enters as canary. */
export type Side = 'primary' | 'canary';

export interface DeployRequest extends ServiceRef {
  strategy: DeploymentStrategy;
  /** `configurationChange.values`: merged into the chart's values, then committed; empty keeps the chart as it is. */
  values: JsonObject;
  /** Stable over retries of one step; a platform that has already carried out this key answers what it did then. */
  idempotencyKey: string;
  /** Commit of the stage's configuration to deploy from; newest when absent. */
  gitCommitId?: string;
}

/** `data.deployment` of deployment.finished. */
export interface Deployment {
  deploymentstrategy: DeploymentStrategy;
  deploymentURIsLocal: string[];
  deploymentURIsPublic: string[];
  deploymentNames: string[];
  /** Commit that holds the merged values, when one was made. */
  gitCommit?: string;
}

export interface Endpoints {
  /** Address that is routed by weight: what users call. */
  routed: string;
  /** Addresses of the sides themselves; absent where the side does not run. */
  primary?: string;
  canary?: string;
  /** Version or image that each side runs, as the platform knows it. */
  versions: { primary?: string; canary?: string };
  ready: { primary: boolean; canary: boolean };
}

/** Told about progress, so that a heartbeat can carry it; `signal` is the activity's cancellation. */
export interface EffectContext {
  signal: AbortSignal;
  progress: (text: string) => void;
}

/** Where services run. Every verb reads what is there before it acts and may be repeated. Throws PlatformError types. */
export interface Platform {
  /** Brings the version in as canary (duplicate) or in place (direct, user_managed) and waits until it is ready. */
  deploy(request: DeployRequest, context: EffectContext): Promise<Deployment>;
  /** Gives the primary the canary's version, and waits until all its replicas are ready; traffic is not touched. */
  promote(request: ServiceRef & { idempotencyKey: string }, context: EffectContext): Promise<void>;
  /** Stops one side; the caller has taken its traffic away and drained it. */
  retire(request: ServiceRef & { side: Side }, context: EffectContext): Promise<void>;
  /** Adds `increment` to the primary's replicas and waits until they are ready; answers the new number. */
  scale(
    request: ServiceRef & { increment: number; idempotencyKey: string },
    context: EffectContext,
  ): Promise<number>;
  /** Removes the service from the stage; a service that is not there is no error. */
  undeploy(request: ServiceRef, context: EffectContext): Promise<void>;
  /** What runs now; undefined when the service was never deployed in this stage. */
  endpoints(request: ServiceRef): Promise<Endpoints | undefined>;
}

/** Says what a deployment would change, and writes nothing. Throws PlatformError types. */
export interface Previewer {
  preview(request: DeployRequest): Promise<Pick<DeploymentPreview, 'versions' | 'changes'>>;
}
