import type { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import type { IngressOptions } from '../../src/activities/platform/helm/deployment-uris.ts';
import type { DataPlane } from '../../src/activities/traffic/data-plane.ts';
import { EnvoyAdmin } from '../../src/activities/traffic/envoy-admin.ts';
import { gatewayApiTraffic } from '../../src/activities/traffic/gateway-api-traffic.ts';
import { GatewayProbe } from '../../src/activities/traffic/gateway-probe.ts';
import { istioTraffic } from '../../src/activities/traffic/istio-traffic.ts';
import type { WeightedRouteTraffic } from '../../src/activities/traffic/weighted-route.ts';
import { kubeconfigPath } from './control-plane.ts';
import { type DemoImageName, OWN_DEMO_IMAGES } from './demo-images.ts';
import { GATEWAY_API_GATEWAY, ISTIO_GATEWAY_NAME } from './istio.ts';
import { clusterSettings } from './settings.ts';

/** The two ways to write weights. */
export type RouterName = 'istio' | 'gateway-api';
export const ROUTERS: readonly RouterName[] = ['istio', 'gateway-api'];

/** True on a cluster that this machine has brought up itself. */
export const OWN = !process.env.SLIPWAY_KUBECONFIG;

/** Routers that a tour goes through: all, or in the short form one. */
export function tourRouters(short: RouterName): readonly RouterName[] {
  return process.env.SLIPWAY_CLUSTER_SHORT === '1' ? [short] : ROUTERS;
}

/** The cluster that the tests run on. */
export interface Target {
  readonly kubeconfig: string;
  /** Image of a version of the test service: `v1`, `v2` answer at once, `slow` after 400 ms. */
  readonly image: (version: string) => string;
  /** Image of a stand-in of the demos, for example `carts`, `0.10.1`. */
  readonly demoImage: (name: DemoImageName, version: string) => string;
  /** Variables of a worker that shifts traffic with this router. */
  readonly workerEnv: (router: RouterName) => { [name: string]: string };
  /** Envoy's admin port, where it can be asked. */
  readonly envoyAdmin?: string;
  /** Address of the gateway that serves this kind of route. */
  readonly url: (router: RouterName) => string;
  readonly traffic: (
    router: RouterName,
    api: KubernetesApi,
    ingress: Partial<IngressOptions>,
  ) => WeightedRouteTraffic;
}

/**
 * The cluster named by SLIPWAY_KUBECONFIG with SLIPWAY_TEST_IMAGE (repository with the tags v1, v2, slow) and per router
 * SLIPWAY_TEST_<ISTIO|GATEWAY_API>_URL and _GATEWAY (`<namespace>/<name>`), observed by probes; else the own cluster, observed
 * by Envoy's admin port.
 */
export function clusterTarget(env: NodeJS.ProcessEnv = process.env): Target {
  const given = env.SLIPWAY_KUBECONFIG;
  if (given === undefined || given === '') return ownCluster();
  const setting = (name: string): string => {
    const value = env[name];
    if (value === undefined || value === '')
      throw new Error(`set ${name} beside SLIPWAY_KUBECONFIG (docs/kubernetes.md)`);
    return value;
  };
  const named = (router: RouterName, what: string): string =>
    setting(`SLIPWAY_TEST_${router === 'istio' ? 'ISTIO' : 'GATEWAY_API'}_${what}`);
  return {
    kubeconfig: given,
    image: (version) => `${setting('SLIPWAY_TEST_IMAGE')}:${version}`,
    demoImage: (name, version) => `${setting('SLIPWAY_TEST_DEMO_IMAGES')}/${name}:${version}`,
    workerEnv: (router) => ({
      SLIPWAY_GATEWAY: named(router, 'GATEWAY'),
      SLIPWAY_GATEWAY_PROBE: named(router, 'URL'),
    }),
    url: (router) => named(router, 'URL'),
    traffic: (router, api, ingress) => {
      const probe = new GatewayProbe(api, { urls: [named(router, 'URL')] });
      return trafficOf(router, { api, dataPlane: probe }, { gateway: named(router, 'GATEWAY'), ingress });
    },
  };
}

function ownCluster(): Target {
  const settings = clusterSettings();
  const { ports, nodeIp } = settings;
  const envoyAdmin = `http://127.0.0.1:${ports.envoyAdmin}`;
  const gatewayOf = (router: RouterName): string =>
    router === 'istio' ? ISTIO_GATEWAY_NAME : `${GATEWAY_API_GATEWAY.namespace}/${GATEWAY_API_GATEWAY.name}`;
  const url = (router: RouterName): string =>
    `http://${nodeIp}:${router === 'istio' ? ports.istioIngress : ports.gatewayApiIngress}`;
  return {
    kubeconfig: kubeconfigPath(settings),
    image: (version) => `localhost/slipway-test:${version}`,
    demoImage: (name, version) => `${OWN_DEMO_IMAGES}/${name}:${version}`,
    // One router is watched at Envoy's admin port, the other by probes, so that both ways are used.
    workerEnv: (router) => ({
      SLIPWAY_GATEWAY: gatewayOf(router),
      ...(router === 'istio' ? { SLIPWAY_ENVOY_ADMIN: envoyAdmin } : { SLIPWAY_GATEWAY_PROBE: url(router) }),
    }),
    envoyAdmin,
    url,
    traffic: (router, api, ingress) =>
      trafficOf(
        router,
        { api, dataPlane: new EnvoyAdmin([envoyAdmin]) },
        { gateway: gatewayOf(router), ingress },
      ),
  };
}

function trafficOf(
  router: RouterName,
  parts: { api: KubernetesApi; dataPlane: DataPlane },
  options: { gateway: string; ingress: Partial<IngressOptions> },
): WeightedRouteTraffic {
  if (router === 'istio') return istioTraffic(parts, { ...options, testerHeader: 'x-slipway-side' });
  const [namespace = '', name = ''] = options.gateway.split('/');
  return gatewayApiTraffic(parts, {
    gateway: { namespace, name },
    ingress: options.ingress,
    testerHeader: 'x-slipway-side',
  });
}
