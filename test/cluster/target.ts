import type { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import type { IngressOptions } from '../../src/activities/platform/helm/deployment-uris.ts';
import type { DataPlane } from '../../src/activities/traffic/data-plane.ts';
import { EnvoyAdmin } from '../../src/activities/traffic/envoy-admin.ts';
import { gatewayApiTraffic } from '../../src/activities/traffic/gateway-api-traffic.ts';
import { GatewayProbe } from '../../src/activities/traffic/gateway-probe.ts';
import { istioTraffic } from '../../src/activities/traffic/istio-traffic.ts';
import type { WeightedRouteTraffic } from '../../src/activities/traffic/weighted-route.ts';
import { kubeconfigPath } from './control-plane.ts';
import { GATEWAY_API_GATEWAY, ISTIO_GATEWAY_NAME } from './istio.ts';
import { clusterSettings } from './settings.ts';

/** The two ways to write weights. */
export type RouterName = 'istio' | 'gateway-api';
export const ROUTERS: readonly RouterName[] = ['istio', 'gateway-api'];

/** The cluster that the tests run on. */
export interface Target {
  readonly kubeconfig: string;
  /** Image of a version of the test service: `v1`, `v2` answer at once, `slow` after 400 ms. */
  readonly image: (version: string) => string;
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
  return {
    kubeconfig: kubeconfigPath(settings),
    image: (version) => `localhost/slipway-test:${version}`,
    url: (router) => `http://${nodeIp}:${router === 'istio' ? ports.istioIngress : ports.gatewayApiIngress}`,
    traffic: (router, api, ingress) => {
      const dataPlane = new EnvoyAdmin([`http://127.0.0.1:${ports.envoyAdmin}`]);
      const gateway =
        router === 'istio'
          ? ISTIO_GATEWAY_NAME
          : `${GATEWAY_API_GATEWAY.namespace}/${GATEWAY_API_GATEWAY.name}`;
      return trafficOf(router, { api, dataPlane }, { gateway, ingress });
    },
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
