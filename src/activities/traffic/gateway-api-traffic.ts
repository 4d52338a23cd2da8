import type { JsonObject } from '../../contracts/json.ts';
import type { JsonPatchOperation } from '../kubernetes/kubernetes-api.ts';
import { RESOURCES } from '../kubernetes/resources.ts';
import { INGRESS_DEFAULTS, type IngressOptions, publicHost } from '../platform/helm/deployment-uris.ts';
import { objectAt, objectsAt } from '../platform/helm/objects.ts';
import type { Side } from '../platform/platform.ts';
import type { RouteShape, Sides } from './route-shape.ts';
import { STAMP_HEADER } from './route-stamp.ts';
import { type TesterOptions, testerMatches } from './testers.ts';
import { type WeightedRouteParts, WeightedRouteTraffic } from './weighted-route.ts';

/** How HTTPRoutes are written. */
export interface GatewayApiOptions extends TesterOptions {
  /** Gateway that the routes attach to. */
  readonly gateway: { readonly namespace: string; readonly name: string };
  /** Addresses for users outside; defaults of helm-service 0.18. */
  readonly ingress?: Partial<IngressOptions>;
}

/** Traffic router over Gateway API HTTPRoutes. */
export function gatewayApiTraffic(
  parts: Omit<WeightedRouteParts, 'shape'>,
  options: GatewayApiOptions,
): WeightedRouteTraffic {
  return new WeightedRouteTraffic({ ...parts, shape: httpRouteShape(options) });
}

const MODIFIER = 'ResponseHeaderModifier';

/** HTTPRoutes with one rule for everything, weights in its backendRefs and the stamp in a response header filter. */
export function httpRouteShape(options: GatewayApiOptions): RouteShape {
  const { gateway, ingress } = options;
  return {
    resource: RESOURCES.httpRoute,
    listKey: 'rules',
    weights(route, sides) {
      const rule = weighted(route, sides);
      return rule && { primary: sumOf(rule.backends, 'primary'), canary: sumOf(rule.backends, 'canary') };
    },
    stamp: (route, sides) => stampOf(weighted(route, sides)?.rule),
    patch: (route, sides, wanted) =>
      objectsAt(route, 'spec', 'rules').flatMap((rule, index): JsonPatchOperation[] => {
        const backends = backendsOf(rule, sides);
        const isWeighted = new Set(backends.map(({ side }) => side)).size === 2;
        const weights = backends.map(
          ({ index: place, side }): JsonPatchOperation => ({
            op: 'add',
            path: `/spec/rules/${index}/backendRefs/${place}/weight`,
            value: wanted.weights[side],
          }),
        );
        const filters = {
          op: 'add' as const,
          path: `/spec/rules/${index}/filters`,
          value: stampedFilters(rule, wanted.stamp),
        };
        return [...(isWeighted ? weights : []), ...(backends.length > 0 ? [filters] : [])];
      }),
    spec(service, sides, wanted) {
      const name = sides.services.primary.name.replace(/-primary$/, '');
      const filters = stampedFilters({}, wanted.stamp);
      const backend = (side: Side, weight: number): JsonObject => {
        const { name: service_, port } = sides.services[side];
        return { group: '', kind: 'Service', name: service_, port, weight };
      };
      const rules = (['canary', 'primary'] as const).flatMap((side): JsonObject[] => {
        const matches = testerMatches(options, side).map(({ header: name, ...value }) => ({
          headers: [
            'exact' in value
              ? { type: 'Exact', name, value: value.exact }
              : { type: 'RegularExpression', name, value: value.pattern },
          ],
        }));
        return matches.length === 0 ? [] : [{ matches, filters, backendRefs: [backend(side, 1)] }];
      });
      const backendRefs = (['canary', 'primary'] as const).map((side) => backend(side, wanted.weights[side]));
      return {
        parentRefs: [{ namespace: gateway.namespace, name: gateway.name }],
        hostnames: [publicHost({ ...service, service: name }, { ...INGRESS_DEFAULTS, ...ingress })],
        rules: [...rules, { filters, backendRefs }],
      };
    },
    host(route) {
      const hosts = objectAt(route, 'spec')?.hostnames;
      const [first] = Array.isArray(hosts) ? hosts : [];
      return typeof first === 'string' ? first : undefined;
    },
    refusal,
  };
}

interface Backend {
  readonly index: number;
  readonly side: Side;
  readonly weight: number;
}

function backendsOf(rule: JsonObject, { services }: Sides): Backend[] {
  return objectsAt(rule, 'backendRefs').flatMap((reference, index): Backend[] => {
    const side = (['primary', 'canary'] as const).find(
      (candidate) => reference.name === services[candidate].name,
    );
    const weight = reference.weight;
    return side === undefined ? [] : [{ index, side, weight: typeof weight === 'number' ? weight : 1 }];
  });
}

function weighted(route: JsonObject, sides: Sides): { rule: JsonObject; backends: Backend[] } | undefined {
  return objectsAt(route, 'spec', 'rules')
    .map((rule) => ({ rule, backends: backendsOf(rule, sides) }))
    .find(({ backends }) => new Set(backends.map(({ side }) => side)).size === 2);
}

function sumOf(backends: readonly Backend[], side: Side): number {
  return backends.filter((entry) => entry.side === side).reduce((sum, { weight }) => sum + weight, 0);
}

function stampOf(rule: JsonObject | undefined): string | undefined {
  const value = objectsAt(rule, 'filters')
    .filter((filter) => filter.type === MODIFIER)
    .flatMap((filter) => objectsAt(filter, 'responseHeaderModifier', 'set'))
    .find((header) => header.name === STAMP_HEADER)?.value;
  return typeof value === 'string' ? value : undefined;
}

/** A rule may have only one filter of this type: the stamp joins the headers that the user's own filter sets. */
function stampedFilters(rule: JsonObject, stamp: string): JsonObject[] {
  const filters = objectsAt(rule, 'filters');
  const own = filters.find((filter) => filter.type === MODIFIER);
  const modifier = objectAt(own, 'responseHeaderModifier') ?? {};
  const kept = objectsAt(modifier, 'set').filter((header) => header.name !== STAMP_HEADER);
  const set = [...kept, { name: STAMP_HEADER, value: stamp }];
  const stamped = { type: MODIFIER, responseHeaderModifier: { ...modifier, set } };
  return [...filters.filter((filter) => filter !== own), stamped];
}

/** Accepted and ResolvedRefs of this generation are necessary; that the proxies have the route is another matter. */
function refusal(route: JsonObject): string | undefined {
  const generation = objectAt(route, 'metadata')?.generation;
  const parents = objectsAt(route, 'status', 'parents');
  if (parents.length === 0) return 'no Gateway has taken up the HTTPRoute yet; check its parentRefs';
  for (const type of ['Accepted', 'ResolvedRefs']) {
    for (const parent of parents) {
      const found = objectsAt(parent, 'conditions').find((condition) => condition.type === type);
      if (found?.observedGeneration !== generation)
        return `the gateway's controller has not judged this version (${type})`;
      if (found?.status !== 'True')
        return `the HTTPRoute is not ${type}: ${String(found?.reason)}: ${String(found?.message)}`;
    }
  }
  return undefined;
}
