import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { JsonPatchOperation } from '../../../src/activities/kubernetes/kubernetes-api.ts';
import { kubernetesOptions } from '../../../src/activities/kubernetes/kubernetes-ports.ts';
import { isClusterOf, type RouteEntry, stampsOf } from '../../../src/activities/traffic/envoy-admin.ts';
import { TrafficTerminalError } from '../../../src/activities/traffic/errors.ts';
import { foreignWriter } from '../../../src/activities/traffic/foreign-writer.ts';
import { httpRouteShape } from '../../../src/activities/traffic/gateway-api-traffic.ts';
import { virtualServiceShape } from '../../../src/activities/traffic/istio-traffic.ts';
import type { RouteShape, Sides } from '../../../src/activities/traffic/route-shape.ts';
import { checkWeights, newStamp, stampWeights } from '../../../src/activities/traffic/route-stamp.ts';
import type { Json, JsonObject } from '../../../src/contracts/json.ts';

const ref = { project: 'shop', stage: 'dev', service: 'carts' };
const sides: Sides = {
  namespace: 'shop-dev',
  services: { primary: { name: 'carts-primary', port: 80 }, canary: { name: 'carts-canary', port: 80 } },
};
const SHAPES: { readonly [name: string]: RouteShape } = {
  VirtualService: virtualServiceShape({ gateway: 'istio-system/gw', testerHeader: 'x-tester' }),
  HTTPRoute: httpRouteShape({ gateway: { namespace: 'istio-system', name: 'gw' }, testerHeader: 'x-tester' }),
};

/** Applies the adds and replaces of a JSON patch, as the API server does. */
function patched(object: JsonObject, operations: readonly JsonPatchOperation[]): JsonObject {
  const copy = structuredClone(object);
  for (const { path, value } of operations) {
    const keys = path.split('/').slice(1);
    const last = keys.pop() ?? '';
    let place: Json = copy;
    for (const key of keys) {
      const next: Json | undefined = Array.isArray(place) ? place[Number(key)] : (place as JsonObject)[key];
      assert.ok(next !== undefined, `${path} has no parent`);
      place = next;
    }
    (place as { [key: string]: Json })[last] = value ?? null;
  }
  return copy;
}

describe('the routes of testers', () => {
  const testers = { testerHeader: 'X-Tester', testerCookie: 'side.v1' };
  const gateway = { namespace: 'istio-system', name: 'gw' };
  const wanted = { weights: { primary: 100, canary: 0 }, stamp: newStamp({ primary: 100, canary: 0 }) };
  const pattern = '(.*; ?)?side\\.v1=canary(;.*)?';

  it('stand before the weights, one for each side, by header or by cookie', () => {
    const { http } = virtualServiceShape(testers).spec(ref, sides, wanted) as { http: JsonObject[] };
    assert.equal(http.length, 3);
    assert.deepEqual(http[0]?.match, [
      { headers: { 'x-tester': { exact: 'canary' } } },
      { headers: { cookie: { regex: pattern } } },
    ]);
    const { rules } = httpRouteShape({ gateway, ...testers }).spec(ref, sides, wanted) as {
      rules: JsonObject[];
    };
    assert.equal(rules.length, 3);
    assert.deepEqual(rules[0]?.matches, [
      { headers: [{ type: 'Exact', name: 'X-Tester', value: 'canary' }] },
      { headers: [{ type: 'RegularExpression', name: 'cookie', value: pattern }] },
    ]);
    const none = virtualServiceShape().spec(ref, sides, wanted) as { http: JsonObject[] };
    assert.equal(none.http.length, 1);
  });

  it('take a cookie wherever it stands, and no other', () => {
    const whole = new RegExp(`^${pattern}$`);
    for (const header of ['side.v1=canary', 'a=b; side.v1=canary', 'a=b;side.v1=canary; c=d']) {
      assert.match(header, whole);
    }
    for (const header of ['side.v1=primary', 'inside.v1=canary', 'side.v1=canary2', 'sidexv1=canary', '']) {
      assert.doesNotMatch(header, whole);
    }
  });

  it('are set by the environment of the workers', () => {
    const env = { SLIPWAY_TESTER_HEADER: 'x-tester', SLIPWAY_TESTER_COOKIE: 'side' };
    assert.deepEqual(kubernetesOptions(env).testers, { testerHeader: 'x-tester', testerCookie: 'side' });
    assert.deepEqual(kubernetesOptions({}).testers, {});
    assert.throws(
      () => kubernetesOptions({ SLIPWAY_TESTER_COOKIE: 'a=b; c' }),
      /SLIPWAY_TESTER_COOKIE is a=b; c/,
    );
  });
});

for (const [name, shape] of Object.entries(SHAPES)) {
  describe(`weights in a ${name}`, () => {
    const first = { weights: { primary: 100, canary: 0 }, stamp: newStamp({ primary: 100, canary: 0 }) };
    const route = (): JsonObject => ({ metadata: { name: 'carts' }, spec: shape.spec(ref, sides, first) });

    it('are read back from a new route, with stamp and host', () => {
      assert.deepEqual(shape.weights(route(), sides), first.weights);
      assert.equal(shape.stamp(route(), sides), first.stamp);
      assert.equal(shape.host(route()), 'carts.shop-dev.svc.cluster.local');
    });

    it('are changed by a patch that keeps everything else', () => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 100 }), (canary) => {
          const wanted = {
            weights: { primary: 100 - canary, canary },
            stamp: newStamp({ primary: 100 - canary, canary }),
          };
          const before = route();
          const after = patched(before, shape.patch(before, sides, wanted));
          assert.deepEqual(shape.weights(after, sides), wanted.weights);
          assert.equal(shape.stamp(after, sides), wanted.stamp);
          const masked = (object: JsonObject): string =>
            JSON.stringify(object)
              .replaceAll(/"weight":\d+/g, '"weight":0')
              .replaceAll(/p\d+-c\d+-[0-9a-f]+/g, 'stamp');
          assert.equal(masked(after), masked(before));
        }),
      );
    });

    it('are not found in a route that leads elsewhere', () => {
      const other: Sides = {
        ...sides,
        services: { primary: { name: 'x-primary', port: 80 }, canary: { name: 'x-canary', port: 80 } },
      };
      assert.equal(shape.weights(route(), other), undefined);
      assert.equal(shape.stamp(route(), other), undefined);
      assert.deepEqual(shape.patch(route(), other, first), []);
    });
  });
}

describe("the user's own parts of a route", () => {
  const stamped = { weights: { primary: 40, canary: 60 }, stamp: newStamp({ primary: 40, canary: 60 }) };

  it('stay beside the stamp of a VirtualService, also with headers and timeouts', () => {
    const shape = virtualServiceShape();
    const destination = (side: string): JsonObject => ({
      destination: { host: `carts-${side}` },
      weight: 50,
    });
    const http = {
      timeout: '3s',
      headers: { response: { set: { a: 'b' }, remove: ['server'] } },
      route: [destination('primary'), destination('canary')],
    };
    const route = { spec: { hosts: ['x'], http: [{ redirect: { uri: '/' } }, http] } };
    const [untouched, changed] = (
      patched(route, shape.patch(route, sides, stamped)).spec as { http: JsonObject[] }
    ).http;
    assert.deepEqual(untouched, { redirect: { uri: '/' } });
    assert.equal(changed?.timeout, '3s');
    assert.deepEqual(changed?.headers, {
      response: { set: { a: 'b', 'x-slipway-route': stamped.stamp }, remove: ['server'] },
    });
  });

  it('stay in the one response header filter that an HTTPRoute may have', () => {
    const shape = httpRouteShape({ gateway: { namespace: 'a', name: 'b' } });
    const filters = [
      {
        type: 'ResponseHeaderModifier',
        responseHeaderModifier: { set: [{ name: 'a', value: 'b' }], remove: ['server'] },
      },
    ];
    const backendRefs = ['carts-primary', 'carts-canary'].map((name) => ({ name, port: 80 }));
    const route = { spec: { hostnames: ['x'], rules: [{ filters, backendRefs }] } };
    assert.deepEqual(shape.weights(route, sides), { primary: 1, canary: 1 });
    const [rule] = (patched(route, shape.patch(route, sides, stamped)).spec as { rules: JsonObject[] }).rules;
    assert.deepEqual(rule?.filters, [
      {
        type: 'ResponseHeaderModifier',
        responseHeaderModifier: {
          set: [
            { name: 'a', value: 'b' },
            { name: 'x-slipway-route', value: stamped.stamp },
          ],
          remove: ['server'],
        },
      },
    ]);
  });
});

describe('the status of an HTTPRoute', () => {
  const shape = httpRouteShape({ gateway: { namespace: 'a', name: 'b' } });
  const status = (generation: number, resolved: string): JsonObject => ({
    metadata: { generation: 3 },
    status: {
      parents: [
        {
          conditions: [
            { type: 'Accepted', status: 'True', observedGeneration: generation },
            {
              type: 'ResolvedRefs',
              status: resolved,
              reason: 'BackendNotFound',
              message: 'no Service',
              observedGeneration: generation,
            },
          ],
        },
      ],
    },
  });

  it('counts for its own generation only', () => {
    assert.equal(shape.refusal(status(3, 'True')), undefined);
    assert.match(shape.refusal(status(2, 'True')) ?? '', /has not judged this version/);
    assert.match(shape.refusal(status(3, 'False')) ?? '', /not ResolvedRefs: BackendNotFound: no Service/);
    assert.match(shape.refusal({ metadata: { generation: 1 } }) ?? '', /no Gateway has taken up/);
  });
});

describe("Envoy's routes of a host", () => {
  const places = [{ namespace: 'shop-dev', name: 'carts-primary' }];
  const route = (cluster: string, stamp?: string) => ({
    route: { cluster },
    ...(stamp === undefined
      ? {}
      : { response_headers_to_add: [{ header: { key: 'x-slipway-route', value: stamp } }] }),
  });
  const seen = (...routes: RouteEntry[]): string[] =>
    stampsOf(
      {
        configs: [{ route_config: { virtual_hosts: [{ domains: ['carts.test', 'carts.test:*'], routes }] } }],
      },
      'carts.test',
      places,
    );
  const side = 'outbound|80||carts-primary.shop-dev.svc.cluster.local';

  it('count with their stamps, and without one only where they lead to a side', () => {
    assert.deepEqual(seen(route(side, 'a'), route(side, 'b')), ['a', 'b']);
    assert.deepEqual(seen(route(side)), ['']);
    assert.deepEqual(seen({ route: { weighted_clusters: { clusters: [{ name: side }, { name: 'x' }] } } }), [
      '',
    ]);
  });

  it('may have a redirect and a way to another service, which the user has added', () => {
    assert.deepEqual(
      seen({}, route('outbound|80||cart-images.shop-dev.svc.cluster.local'), route(side, 'a')),
      ['a'],
    );
  });

  it('are those of this host only', () => {
    const other = { domains: ['other.test'], routes: [route(side, 'x')] };
    assert.deepEqual(
      stampsOf({ configs: [{ route_config: { virtual_hosts: [other] } }] }, 'carts.test', places),
      [],
    );
  });
});

describe('stamps and weights', () => {
  it('carry the weights, and tell apart two writes of equal weights', () => {
    const weights = { primary: 30, canary: 70 };
    assert.deepEqual(stampWeights(newStamp(weights)), weights);
    assert.notEqual(newStamp(weights), newStamp(weights));
    assert.equal(stampWeights('p1-c2-x'), undefined);
    assert.equal(stampWeights(undefined), undefined);
  });

  it('are refused unless they are whole percentages that add up to 100', () => {
    checkWeights({ primary: 0, canary: 100 });
    for (const [primary, canary] of [
      [0, 0],
      [60, 60],
      [-10, 110],
      [33.3, 66.7],
      [Number.NaN, 100],
    ] as const) {
      assert.throws(() => checkWeights({ primary, canary }), TrafficTerminalError);
    }
  });

  it('name the newest other writer', () => {
    const entry = (manager: string, time: string): JsonObject => ({
      manager,
      time,
      fieldsV1: { 'f:spec': { 'f:http': {} } },
    });
    const managedFields = [
      entry('slipway', '2026-01-03T00:00:00Z'),
      entry('argocd', '2026-01-02T00:00:00Z'),
      entry('kubectl', '2026-01-01T00:00:00Z'),
    ];
    assert.match(foreignWriter({ metadata: { managedFields } }, 'http'), /by argocd at 2026-01-02/);
    assert.match(foreignWriter({}, 'http'), /by another writer/);
  });

  it('belong to the Envoy clusters of istiod and of Contour', () => {
    const place = { namespace: 'shop-dev', name: 'carts' };
    assert.ok(isClusterOf('outbound|80||carts.shop-dev.svc.cluster.local', place));
    assert.ok(isClusterOf('outbound|80|v1|carts.shop-dev.svc.cluster.local', place));
    assert.ok(isClusterOf('shop-dev/carts/80/da39a3ee5e', place));
    assert.ok(!isClusterOf('outbound|80||carts-primary.shop-dev.svc.cluster.local', place));
    assert.ok(!isClusterOf('outbound|80||carts.shop-dev2.svc.cluster.local', place));
  });
});
