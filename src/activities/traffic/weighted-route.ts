import { setTimeout as delay } from 'node:timers/promises';
import type { V1Deployment } from '@kubernetes/client-node';
import type { JsonObject } from '../../contracts/json.ts';
import { KubernetesApiError, KubernetesUnreachableError } from '../kubernetes/errors.ts';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import { RESOURCES } from '../kubernetes/resources.ts';
import { sideServices } from '../platform/helm/live-objects.ts';
import { objectName } from '../platform/helm/objects.ts';
import { namespaceOf } from '../platform/helm/release-name.ts';
import { SERVICE_LABEL, unroutedLabels } from '../platform/helm/side-name.ts';
import type { EffectContext, ServiceRef, Side } from '../platform/platform.ts';
import type { DataPlane, ServicePlace } from './data-plane.ts';
import { TrafficRetryableError, TrafficTerminalError } from './errors.ts';
import { foreignWriter } from './foreign-writer.ts';
import { readyAddresses } from './ready-addresses.ts';
import type { RouteShape, Sides } from './route-shape.ts';
import { checkWeights, newStamp, sameWeights, stampWeights } from './route-stamp.ts';
import type { Observation, TrafficRouter, Weights } from './traffic-router.ts';

const WRITE_TRIES = 5;
const ENDPOINTS_SECONDS = 30;
const READY_SECONDS = 3;
const POLL_MS = 100;
/** A proxy's workers take a new route one after another: a single zero right after it proves nothing. */
const QUIET_MS = 500;

/** What a router over Kubernetes objects works with. */
export interface WeightedRouteParts {
  readonly api: KubernetesApi;
  readonly shape: RouteShape;
  readonly dataPlane: DataPlane;
}

/**
 * Splits traffic by the weights of one route object per service. The route is created once by server-side apply; afterwards
 * only its weights and its stamp are patched, with the version that was read as precondition.
 */
export class WeightedRouteTraffic implements TrafficRouter {
  readonly #api: KubernetesApi;
  readonly #shape: RouteShape;
  readonly #dataPlane: DataPlane;

  constructor({ api, shape, dataPlane }: WeightedRouteParts) {
    this.#api = api;
    this.#shape = shape;
    this.#dataPlane = dataPlane;
  }

  setWeights(request: ServiceRef & { weights: Weights }, context: EffectContext): Promise<void> {
    return asTrafficErrors(async () => {
      checkWeights(request.weights);
      const sides = await this.#sides(request);
      if (sides === 'unrouted') return;
      const route = await this.#find(request, sides);
      if (route !== undefined && this.#stands(route, sides, request.weights)) return;
      await this.#requireEndpoints(sides, { weights: request.weights, isNew: route === undefined, context });
      await this.#write(request, sides, context);
    });
  }

  /** Weights as they stand in the route object, whatever the data plane does; undefined when no route leads to both sides. */
  written(request: ServiceRef): Promise<Weights | undefined> {
    return asTrafficErrors(async () => {
      const sides = await this.#findSides(request);
      const route = sides && (await this.#find(request, sides));
      return sides && route && this.#shape.weights(route, sides);
    });
  }

  observe(request: ServiceRef): Promise<Observation> {
    return asTrafficErrors(async () => {
      const sides = await this.#findSides(request);
      if (sides === undefined)
        return (await this.#isUnrouted(request))
          ? { state: 'unrouted' }
          : unknown(`${request.service} is not deployed with two sides`);
      const route = await this.#find(request, sides);
      const weights = route === undefined ? undefined : this.#shape.weights(route, sides);
      if (route === undefined || weights === undefined)
        return unknown(`no route leads to both sides of ${request.service}`);
      const stamp = this.#shape.stamp(route, sides);
      const host = this.#shape.host(route);
      if (stamp === undefined || !sameWeights(stampWeights(stamp), weights)) {
        return unknown(`${this.#describe(request, route)} ${foreignWriter(route, this.#shape.listKey)}`);
      }
      if (host === undefined)
        return unknown(`${this.#describe(request, route)} has no host name to observe it by`);
      const places = Object.values(sides.services).map(({ name }) => ({ namespace: sides.namespace, name }));
      const reason = this.#shape.refusal(route) ?? (await this.#dataPlane.missing(host, stamp, places));
      return reason === undefined ? { state: 'observed', weights } : unknown(reason);
    });
  }

  drained(request: ServiceRef & { side: Side }): Promise<'drained' | 'busy' | 'unknown'> {
    return asTrafficErrors(async () => {
      const sides = await this.#sides(request);
      if (sides === 'unrouted') return 'drained';
      const place = { namespace: sides.namespace, name: sides.services[request.side].name };
      if (this.#dataPlane.inFlight === undefined) return 'unknown';
      if ((await this.#dataPlane.inFlight(place)) > 0) return 'busy';
      await delay(QUIET_MS);
      return (await this.#dataPlane.inFlight(place)) > 0 ? 'busy' : 'drained';
    });
  }

  async #findSides(request: ServiceRef): Promise<Sides | undefined> {
    const services = await sideServices(this.#api, request);
    return services && { namespace: namespaceOf(request), services };
  }

  async #sides(request: ServiceRef): Promise<Sides | 'unrouted'> {
    const found = await this.#findSides(request);
    if (found !== undefined) return found;
    if (await this.#isUnrouted(request)) return 'unrouted';
    throw new TrafficTerminalError(
      `${request.service} has no primary and canary Service in namespace ${namespaceOf(request)}; deploy it with blue_green_service first`,
    );
  }

  async #isUnrouted(request: ServiceRef): Promise<boolean> {
    const labelSelector = Object.entries(unroutedLabels(request))
      .map(([label, value]) => `${label}=${value}`)
      .join(',');
    const place = { resource: RESOURCES.deployment, namespace: namespaceOf(request) };
    return (await this.#api.list<V1Deployment>(place, { labelSelector })).length > 0;
  }

  /** The route that leads to both sides, else the one with the Service's name, which a direct deployment may have left. */
  async #find(request: ServiceRef, sides: Sides): Promise<JsonObject | undefined> {
    const { resource } = this.#shape;
    const all = await this.#api.list<JsonObject>({ resource, namespace: sides.namespace });
    const weighted = all.filter((route) => this.#shape.weights(route, sides) !== undefined);
    if (weighted.length > 1) {
      throw new TrafficTerminalError(
        `${request.service} has several routes (${weighted.map(objectName).join(', ')}); weights can only be written to one ${resource.kind}: remove the others`,
      );
    }
    return weighted[0] ?? all.find((route) => objectName(route) === routeName(sides));
  }

  #stands(route: JsonObject, sides: Sides, weights: Weights): boolean {
    const stamped = stampWeights(this.#shape.stamp(route, sides));
    return sameWeights(this.#shape.weights(route, sides), weights) && sameWeights(stamped, weights);
  }

  async #write(
    request: ServiceRef & { weights: Weights },
    sides: Sides,
    context: EffectContext,
  ): Promise<void> {
    const { resource, listKey } = this.#shape;
    const { weights } = request;
    for (let tries = 0; tries < WRITE_TRIES; tries += 1) {
      const route = await this.#find(request, sides);
      if (route !== undefined && this.#stands(route, sides, weights)) return;
      const wanted = { weights, stamp: newStamp(weights) };
      const name = route === undefined ? routeName(sides) : objectName(route);
      const path = { resource, namespace: sides.namespace, name };
      try {
        if (route === undefined) {
          const metadata = { name, labels: { [SERVICE_LABEL]: request.service } };
          await this.#api.apply(path, { metadata, spec: this.#shape.spec(request, sides, wanted) });
          return;
        }
        this.#tellForeignWriter(route, sides, context);
        const known = this.#shape.weights(route, sides) !== undefined;
        const operations = known
          ? this.#shape.patch(route, sides, wanted)
          : [
              {
                op: 'replace' as const,
                path: `/spec/${listKey}`,
                value: this.#shape.spec(request, sides, wanted)[listKey] ?? [],
              },
            ];
        const { resourceVersion = '' } = route.metadata as { resourceVersion?: string };
        await this.#api.patch(path, [
          { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
          ...operations,
        ]);
        return;
      } catch (error) {
        if (!(error instanceof KubernetesApiError) || ![404, 409, 422].includes(error.status)) throw error;
        context.progress(`${resource.kind} ${name} was changed meanwhile; reading it again`);
        if (tries === WRITE_TRIES - 1)
          throw new TrafficRetryableError(`${resource.kind} ${sides.namespace}/${name}: ${error.message}`);
      }
    }
  }

  #tellForeignWriter(route: JsonObject, sides: Sides, context: EffectContext): void {
    const stamped = stampWeights(this.#shape.stamp(route, sides));
    const now = this.#shape.weights(route, sides);
    if (stamped === undefined || now === undefined || sameWeights(stamped, now)) return;
    context.progress(
      `${this.#shape.resource.kind} ${objectName(route)} ${foreignWriter(route, this.#shape.listKey)}`,
    );
  }

  /** At no instant may a side have weight without ready endpoints, and no proxy may be told of endpoints that it does not see. */
  async #requireEndpoints(
    sides: Sides,
    check: { weights: Weights; isNew: boolean; context: EffectContext },
  ): Promise<void> {
    for (const side of ['primary', 'canary'] as const) {
      if (check.weights[side] === 0) continue;
      const place = { namespace: sides.namespace, name: sides.services[side].name };
      const ready = await this.#awaitReady(place, check.context);
      if (ready.length === 0) {
        throw new TrafficTerminalError(
          `the ${side} side (Service ${place.namespace}/${place.name}) has no ready endpoint; weight ${check.weights[side]} would lose requests and is refused`,
        );
      }
      const limit = Date.now() + ENDPOINTS_SECONDS * 1000;
      for (;;) {
        const seen = await this.#dataPlane.endpoints?.(place);
        if (seen === undefined || (seen.length > 0 && ready.every((address) => seen.includes(address))))
          break;
        if (Date.now() > limit) {
          throw new TrafficRetryableError(
            `the data plane does not see the endpoints of ${place.namespace}/${place.name} (${ready.join(', ')})`,
          );
        }
        check.context.progress(`waiting until the data plane sees the ${side} side's endpoints`);
        await delay(POLL_MS, undefined, { signal: check.context.signal });
      }
    }
  }

  /** Pods that are ready are in the EndpointSlices a moment later, or some, where the control plane is busy. */
  async #awaitReady(place: ServicePlace, { signal }: EffectContext): Promise<string[]> {
    const limit = Date.now() + READY_SECONDS * 1000;
    for (;;) {
      const ready = await readyAddresses(this.#api, place);
      if (ready.length > 0 || Date.now() > limit) return ready;
      await delay(POLL_MS, undefined, { signal });
    }
  }

  #describe(request: ServiceRef, route: JsonObject): string {
    return `${this.#shape.resource.kind} ${namespaceOf(request)}/${objectName(route)}`;
  }
}

/** The route has the name of the user's Service (helm-service 0.18). */
function routeName(sides: Sides): string {
  return sides.services.primary.name.replace(/-primary$/, '');
}

function unknown(reason: string): Observation {
  return { state: 'unknown', reason };
}

async function asTrafficErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KubernetesUnreachableError)
      throw new TrafficRetryableError(error.message, { cause: error });
    if (error instanceof KubernetesApiError) throw new TrafficTerminalError(error.message, { cause: error });
    throw error;
  }
}
