import type { ConfigRepo } from '../config/config-repo.ts';
import type { LoadTool } from '../load/load-tool.ts';
import { TunnelledLoad } from '../load/tunnelled-load.ts';
import type { IngressOptions } from '../platform/helm/deployment-uris.ts';
import { HelmCommand } from '../platform/helm/helm-command.ts';
import { HelmPlatform } from '../platform/helm-platform.ts';
import type { Platform, Previewer } from '../platform/platform.ts';
import { KubernetesJobRunner } from '../runner/kubernetes-job.ts';
import type { Runner } from '../runner/runner.ts';
import type { DataPlane } from '../traffic/data-plane.ts';
import { EnvoyAdmin } from '../traffic/envoy-admin.ts';
import { gatewayApiTraffic } from '../traffic/gateway-api-traffic.ts';
import { type GatewayAddresses, GatewayProbe } from '../traffic/gateway-probe.ts';
import { istioTraffic } from '../traffic/istio-traffic.ts';
import { NoTraffic } from '../traffic/no-traffic.ts';
import type { TesterOptions } from '../traffic/testers.ts';
import type { TrafficRouter } from '../traffic/traffic-router.ts';
import { KubernetesApi } from './kubernetes-api.ts';

/** The adapters of one cluster. */
export interface KubernetesPorts {
  platform: Platform & Previewer;
  traffic: TrafficRouter;
  runner: Runner;
  /** What a load tool of this process needs to reach services of the cluster. */
  reaching: (tool: LoadTool) => LoadTool;
}

/** How Slipway fits a cluster; `kubernetesOptions` reads it from the environment. */
export interface KubernetesOptions {
  traffic: 'istio' | 'gateway-api' | 'none';
  /** Gateway of public traffic, `<namespace>/<name>`. */
  gateway: string;
  /** The same as VirtualServices name it: helm-service's own words unless SLIPWAY_GATEWAY says others. */
  istioGateway: string;
  /** Where a route is looked at: Envoy admin ports, or the gateways themselves by probes. */
  observe: { envoyAdmin: readonly string[] } | { gateways: GatewayAddresses };
  ingress: Partial<IngressOptions>;
  helmProgram?: string;
  /** How testers choose a side by themselves; for new routes. */
  testers: TesterOptions;
  /** Seconds until a rollout counts as failed. */
  rolloutTimeoutSeconds: number;
  /** True in a pod of the cluster, where its names and addresses can be used. */
  inCluster: boolean;
}

/** An environment variable cannot be used; the message names it. */
export class KubernetesOptionsError extends Error {
  override readonly name = 'KubernetesOptionsError';
}

/**
 * Reads SLIPWAY_TRAFFIC (istio), SLIPWAY_GATEWAY (istio-system/public-gateway, or Keptn's ISTIO_GATEWAY as `<name>.<namespace>`),
 * SLIPWAY_GATEWAY_PROBE (URLs with commas, or `<namespace>/<service>[:<port name>]` of the gateway's pods; default
 * istio-system/istio-ingressgateway:http2), SLIPWAY_ENVOY_ADMIN (URLs, instead of probes), SLIPWAY_HELM, SLIPWAY_TESTER_HEADER,
 * SLIPWAY_TESTER_COOKIE, SLIPWAY_ROLLOUT_TIMEOUT (180), and helm-service's HOSTNAME_TEMPLATE, INGRESS_HOSTNAME_SUFFIX,
 * INGRESS_PROTOCOL, INGRESS_PORT.
 */
export function kubernetesOptions(env: NodeJS.ProcessEnv): KubernetesOptions {
  const text = (name: string): string | undefined => env[name] || undefined;
  const traffic = text('SLIPWAY_TRAFFIC') ?? 'istio';
  if (traffic !== 'istio' && traffic !== 'gateway-api' && traffic !== 'none') {
    throw new KubernetesOptionsError(`SLIPWAY_TRAFFIC is ${traffic}; set it to istio, gateway-api or none`);
  }
  const rolloutTimeoutSeconds = Number(text('SLIPWAY_ROLLOUT_TIMEOUT') ?? 180);
  if (!(rolloutTimeoutSeconds >= 1)) {
    throw new KubernetesOptionsError('SLIPWAY_ROLLOUT_TIMEOUT is no number of seconds; set it to 1 or more');
  }
  const admin = text('SLIPWAY_ENVOY_ADMIN');
  const helmProgram = text('SLIPWAY_HELM');
  return {
    traffic,
    gateway: placeOf('SLIPWAY_GATEWAY', text('SLIPWAY_GATEWAY') ?? keptnGateway(text('ISTIO_GATEWAY'))),
    istioGateway: text('SLIPWAY_GATEWAY') ?? text('ISTIO_GATEWAY') ?? KEPTN_GATEWAY,
    observe:
      admin === undefined
        ? { gateways: probes(text('SLIPWAY_GATEWAY_PROBE')) }
        : { envoyAdmin: urls('SLIPWAY_ENVOY_ADMIN', admin) },
    ingress: {
      ...optional('hostnameTemplate', text('HOSTNAME_TEMPLATE')),
      ...optional('ingressHostnameSuffix', text('INGRESS_HOSTNAME_SUFFIX')),
      ...optional('ingressProtocol', text('INGRESS_PROTOCOL')),
      ...optional('ingressPort', text('INGRESS_PORT')),
    },
    rolloutTimeoutSeconds,
    inCluster: text('KUBERNETES_SERVICE_HOST') !== undefined,
    ...(helmProgram === undefined ? {} : { helmProgram }),
    testers: {
      ...optional('testerHeader', nameOf('SLIPWAY_TESTER_HEADER', text('SLIPWAY_TESTER_HEADER'))),
      ...optional('testerCookie', nameOf('SLIPWAY_TESTER_COOKIE', text('SLIPWAY_TESTER_COOKIE'))),
    },
  };
}

/** Builds the adapters of a cluster; the kubeconfig is found as kubectl finds it, or the pod's service account is used. */
export function kubernetesPorts(
  config: ConfigRepo,
  options: KubernetesOptions,
  api = KubernetesApi.load(),
): KubernetesPorts {
  const { traffic, gateway, istioGateway, ingress, observe, testers, rolloutTimeoutSeconds } = options;
  const helm = new HelmCommand(options.helmProgram === undefined ? {} : { program: options.helmProgram });
  const runner = new KubernetesJobRunner(api);
  const reaching = (tool: LoadTool): LoadTool => (options.inCluster ? tool : new TunnelledLoad(tool, api));
  if (traffic === 'none') {
    const platform = new HelmPlatform(
      { api, helm, config },
      { mesh: 'none', ingress, rolloutTimeoutSeconds },
    );
    return { platform, traffic: new NoTraffic(), runner, reaching };
  }
  const dataPlane: DataPlane =
    'envoyAdmin' in observe ? new EnvoyAdmin(observe.envoyAdmin) : new GatewayProbe(api, observe.gateways);
  const [namespace = '', name = ''] = gateway.split('/');
  const routes =
    traffic === 'istio'
      ? istioTraffic({ api, dataPlane }, { gateway: istioGateway, ingress, ...testers })
      : gatewayApiTraffic({ api, dataPlane }, { gateway: { namespace, name }, ingress, ...testers });
  const named = traffic === 'istio' ? istioGateway : gateway;
  const settings = { mesh: traffic, ingress, gateway: named, rolloutTimeoutSeconds };
  return {
    platform: new HelmPlatform({ api, helm, config, routes }, settings),
    traffic: routes,
    runner,
    reaching,
  };
}

/** Default of helm-service 0.18. */
const KEPTN_GATEWAY = 'public-gateway.istio-system';

/** helm-service named the gateway `<name>.<namespace>`. */
function keptnGateway(value: string | undefined): string {
  const match = /^([^./]+)\.([^./]+)/.exec(value ?? KEPTN_GATEWAY);
  return match === null ? (value ?? '') : `${match[2]}/${match[1]}`;
}

/** A header or cookie name (RFC 9110 token, without the characters that only patterns need). */
function nameOf(variable: string, value: string | undefined): string | undefined {
  if (value === undefined || /^[A-Za-z0-9_.-]{1,100}$/.test(value)) return value;
  throw new KubernetesOptionsError(
    `${variable} is ${value}; write a name of letters, digits, '-', '_' and '.'`,
  );
}

function placeOf(variable: string, value: string): string {
  if (/^[a-z0-9-]+\/[a-z0-9.-]+$/.test(value)) return value;
  throw new KubernetesOptionsError(`${variable} is ${value}; write it as <namespace>/<name>`);
}

function probes(value: string | undefined): GatewayAddresses {
  if (value?.includes('://')) return { urls: urls('SLIPWAY_GATEWAY_PROBE', value) };
  const [place = '', port = 'http2'] = (value ?? 'istio-system/istio-ingressgateway').split(':');
  const [namespace = '', name = ''] = placeOf('SLIPWAY_GATEWAY_PROBE', place).split('/');
  return { service: { namespace, name, port } };
}

function urls(variable: string, value: string): string[] {
  const list = value.split(',').map((entry) => entry.trim().replace(/\/$/, ''));
  for (const entry of list) {
    if (!URL.canParse(entry) || !/^https?:/.test(entry)) {
      throw new KubernetesOptionsError(`${variable} has ${entry}, which is no http or https address`);
    }
  }
  return list;
}

function optional<Key extends string>(key: Key, value: string | undefined): { [key in Key]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [key in Key]: string });
}
