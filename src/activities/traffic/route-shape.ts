import type { JsonObject } from '../../contracts/json.ts';
import type { JsonPatchOperation } from '../kubernetes/kubernetes-api.ts';
import type { Resource } from '../kubernetes/resources.ts';
import type { SideService } from '../platform/helm/live-objects.ts';
import type { ServiceRef, Side } from '../platform/platform.ts';
import type { Weights } from './traffic-router.ts';

/** The Services of both sides and where they lie. */
export interface Sides {
  readonly namespace: string;
  readonly services: { readonly [side in Side]: SideService };
}

/** Weights and the stamp by which the data plane can be seen to have them. */
export interface StampedWeights {
  readonly weights: Weights;
  readonly stamp: string;
}

/** How one routing API writes weights: all that istio and gateway-api differ in. Pure. */
export interface RouteShape {
  readonly resource: Resource;
  /** Key of `spec` that holds the routes. */
  readonly listKey: string;
  /** Weights of the first route that leads to both sides; undefined when none does. */
  weights(route: JsonObject, sides: Sides): Weights | undefined;
  /** Stamp of that route. */
  stamp(route: JsonObject, sides: Sides): string | undefined;
  /** Changes weights and stamp and nothing else. */
  patch(route: JsonObject, sides: Sides, wanted: StampedWeights): JsonPatchOperation[];
  /** `spec` of a new route. */
  spec(service: ServiceRef, sides: Sides, wanted: StampedWeights): JsonObject;
  /** Host name under which users ask the gateway for this route. */
  host(route: JsonObject): string | undefined;
  /** Why the control plane has not taken the route as it is; undefined when it has, or does not tell. */
  refusal(route: JsonObject): string | undefined;
}
