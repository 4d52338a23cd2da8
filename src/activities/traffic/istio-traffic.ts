import type { JsonObject } from '../../contracts/json.ts';
import type { JsonPatchOperation } from '../kubernetes/kubernetes-api.ts';
import { RESOURCES } from '../kubernetes/resources.ts';
import { INGRESS_DEFAULTS, type IngressOptions, publicHost } from '../platform/helm/deployment-uris.ts';
import { objectAt, objectsAt, stringsAt } from '../platform/helm/objects.ts';
import type { Side } from '../platform/platform.ts';
import type { RouteShape, Sides, StampedWeights } from './route-shape.ts';
import { STAMP_HEADER } from './route-stamp.ts';
import { type TesterOptions, testerMatches } from './testers.ts';
import { type WeightedRouteParts, WeightedRouteTraffic } from './weighted-route.ts';

/** How VirtualServices are written; every field has a default. */
export interface IstioOptions extends TesterOptions {
  /** Gateway of public traffic, `<namespace>/<name>` or as helm-service 0.18 wrote it `<name>.<namespace>`. Default `public-gateway.istio-system`. */
  readonly gateway?: string;
  /** Addresses for users outside; defaults of helm-service 0.18. */
  readonly ingress?: Partial<IngressOptions>;
}

/** Traffic router over Istio VirtualServices. */
export function istioTraffic(
  parts: Omit<WeightedRouteParts, 'shape'>,
  options: IstioOptions = {},
): WeightedRouteTraffic {
  return new WeightedRouteTraffic({ ...parts, shape: virtualServiceShape(options) });
}

/** VirtualServices as helm-service 0.18 wrote them, with a stamp in the response headers. */
export function virtualServiceShape(options: IstioOptions = {}): RouteShape {
  const ingress = { ...INGRESS_DEFAULTS, ...options.ingress };
  const { gateway = 'public-gateway.istio-system' } = options;
  return {
    resource: RESOURCES.virtualService,
    listKey: 'http',
    weights(route, sides) {
      const entry = weighted(route, sides);
      return (
        entry && {
          primary: sumOf(entry.destinations, 'primary'),
          canary: sumOf(entry.destinations, 'canary'),
        }
      );
    },
    stamp(route, sides) {
      const entry = weighted(route, sides);
      return entry && stringsAt(entry.http, 'headers', 'response', 'set')[STAMP_HEADER];
    },
    patch: (route, sides, wanted) =>
      objectsAt(route, 'spec', 'http').flatMap((http, index) => {
        const destinations = destinationsOf(http, sides);
        const isWeighted = new Set(destinations.map(({ side }) => side)).size === 2;
        return [
          ...(isWeighted ? weightOperations(index, destinations, wanted) : []),
          ...(destinations.length > 0 ? stampOperations(index, http, wanted.stamp) : []),
        ];
      }),
    spec(service, sides, wanted) {
      const name = sides.services.primary.name.replace(/-primary$/, '');
      const hosts = [publicHost({ ...service, service: name }, ingress), name];
      const headers = { response: { set: { [STAMP_HEADER]: wanted.stamp } } };
      const destination = (side: Side): JsonObject => ({
        host: hostOf(sides, side),
        port: { number: sides.services[side].port },
      });
      const http = (['canary', 'primary'] as const).flatMap((side): JsonObject[] => {
        const match = testerMatches(options, side).map(({ header, ...value }) => ({
          headers: { [header.toLowerCase()]: 'exact' in value ? value : { regex: value.pattern } },
        }));
        return match.length === 0 ? [] : [{ match, headers, route: [{ destination: destination(side) }] }];
      });
      const route = (['canary', 'primary'] as const).map((side) => ({
        destination: destination(side),
        weight: wanted.weights[side],
      }));
      return { gateways: [gateway, 'mesh'], hosts, http: [...http, { headers, route }] };
    },
    host(route) {
      const hosts = objectAt(route, 'spec')?.hosts;
      const [first] = Array.isArray(hosts) ? hosts : [];
      return typeof first === 'string' ? first : undefined;
    },
    refusal: () => undefined,
  };
}

interface Destination {
  readonly index: number;
  readonly side: Side;
  /** As written; Istio gives a single destination without weight everything. */
  readonly weight: number | undefined;
}

function hostOf({ namespace, services }: Sides, side: Side): string {
  return `${services[side].name}.${namespace}.svc.cluster.local`;
}

function destinationsOf(http: JsonObject, sides: Sides): Destination[] {
  return objectsAt(http, 'route').flatMap((route, index): Destination[] => {
    const host = objectAt(route, 'destination')?.host;
    const side = (['primary', 'canary'] as const).find(
      (candidate) => host === hostOf(sides, candidate) || host === sides.services[candidate].name,
    );
    const weight = route.weight;
    return side === undefined
      ? []
      : [{ index, side, weight: typeof weight === 'number' ? weight : undefined }];
  });
}

/** The first http route that leads to both sides. */
function weighted(
  route: JsonObject,
  sides: Sides,
): { http: JsonObject; destinations: Destination[] } | undefined {
  return objectsAt(route, 'spec', 'http')
    .map((http) => ({ http, destinations: destinationsOf(http, sides) }))
    .find(({ destinations }) => new Set(destinations.map(({ side }) => side)).size === 2);
}

function sumOf(destinations: readonly Destination[], side: Side): number {
  return destinations.filter((entry) => entry.side === side).reduce((sum, { weight = 0 }) => sum + weight, 0);
}

function weightOperations(
  index: number,
  destinations: readonly Destination[],
  wanted: StampedWeights,
): JsonPatchOperation[] {
  return destinations.map(({ index: place, side }) => ({
    op: 'add',
    path: `/spec/http/${index}/route/${place}/weight`,
    value: wanted.weights[side],
  }));
}

/** JSON Patch creates no parents: the missing part of `headers.response.set` is added as one value. */
function stampOperations(index: number, http: JsonObject, stamp: string): JsonPatchOperation[] {
  const at = `/spec/http/${index}/headers`;
  const headers = objectAt(http, 'headers');
  const response = objectAt(headers, 'response');
  const set = { ...objectAt(response, 'set'), [STAMP_HEADER]: stamp };
  if (headers === undefined) return [{ op: 'add', path: at, value: { response: { set } } }];
  if (response === undefined) return [{ op: 'add', path: `${at}/response`, value: { set } }];
  return [{ op: 'add', path: `${at}/response/set`, value: set }];
}
