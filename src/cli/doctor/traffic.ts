import axios, { type AxiosRequestConfig } from 'axios';
import {
  isNotFound,
  KubernetesApiError,
  KubernetesUnreachableError,
} from '../../activities/kubernetes/errors.ts';
import type { KubernetesApi } from '../../activities/kubernetes/kubernetes-api.ts';
import type { KubernetesOptions } from '../../activities/kubernetes/kubernetes-ports.ts';
import type { Resource } from '../../activities/kubernetes/resources.ts';
import { readyAddresses } from '../../activities/traffic/ready-addresses.ts';
import { type Finding, failed, messageOf, ok, warning } from './check.ts';

/** Per router: the kinds that it writes, and the kind of its gateway. */
const KINDS = {
  istio: {
    name: 'Istio',
    group: 'networking.istio.io',
    written: ['virtualservices', 'destinationrules'],
    install: 'install Istio, or set SLIPWAY_TRAFFIC to gateway-api or none',
  },
  'gateway-api': {
    name: 'Gateway API',
    group: 'gateway.networking.k8s.io',
    written: ['httproutes'],
    install:
      'install the Gateway API’s definitions and a controller, or set SLIPWAY_TRAFFIC to istio or none',
  },
} as const;

/** Any answer counts: a gateway knows no route for a probe without a Host. As long as the workers' own probes wait. */
const PROBE: AxiosRequestConfig = {
  timeout: 10_000,
  maxRedirects: 0,
  maxContentLength: 1024 * 1024,
  proxy: false,
  validateStatus: () => true,
};

/** The definitions of the chosen router, its gateway, and whether the place of the probes answers. */
export async function checkTraffic(api: KubernetesApi, options: KubernetesOptions): Promise<Finding[]> {
  if (options.traffic === 'none') {
    return [ok('traffic', 'none: deployments are direct or user_managed (SLIPWAY_TRAFFIC)')];
  }
  const { name, group, written, install } = KINDS[options.traffic];
  const served = await api.served(group, 'v1');
  const missing = [...written, 'gateways'].filter((plural) => !served.includes(plural));
  if (missing.length > 0) {
    return [
      failed(
        name,
        `the cluster does not know ${missing.map((one) => `${one}.${group}/v1`).join(', ')}`,
        install,
      ),
    ];
  }
  const known = ok(name, `${written.join(', ')} of ${group}/v1`);
  return [known, await checkGateway(api, options), await checkObservation(api, options)];
}

interface Gateway {
  status?: { conditions?: { type: string; status: string; message?: string }[] };
}

async function checkGateway(api: KubernetesApi, { traffic, gateway }: KubernetesOptions): Promise<Finding> {
  const [namespace = '', name = ''] = gateway.split('/');
  const group = KINDS[traffic === 'gateway-api' ? traffic : 'istio'].group;
  const resource: Resource = { group, version: 'v1', plural: 'gateways', kind: 'Gateway' };
  try {
    const found = await api.get<Gateway>({ resource, namespace, name });
    const programmed = found.status?.conditions?.find(({ type }) => type === 'Programmed');
    if (traffic === 'istio' || programmed?.status === 'True') return ok('gateway', `${gateway} is there`);
    const why = programmed?.message ?? 'no controller has taken it';
    return failed('gateway', `${gateway} is not programmed: ${why}`, 'see its events and its controller');
  } catch (error) {
    if (isNotFound(error)) {
      return failed(
        'gateway',
        `there is no Gateway ${gateway}`,
        'create it, or name another one in SLIPWAY_GATEWAY',
      );
    }
    if (!(error instanceof KubernetesApiError) || error.status !== 403) throw error;
    return warning(
      'gateway',
      `this account may not read ${gateway}`,
      `look yourself: kubectl -n ${namespace} get gateways.${group} ${name}`,
    );
  }
}

/** Without an answer from there no weight ever counts as observed. */
async function checkObservation(api: KubernetesApi, { observe }: KubernetesOptions): Promise<Finding> {
  const check = 'observation';
  const hint = 'correct SLIPWAY_GATEWAY_PROBE or SLIPWAY_ENVOY_ADMIN: no shift of traffic ends without it';
  try {
    if ('gateways' in observe && 'service' in observe.gateways) {
      const { namespace, name, port } = observe.gateways.service;
      const pods = await readyAddresses(api, { namespace, name }, port);
      const place = `${namespace}/${name}${port === undefined ? '' : `:${port}`}`;
      if (pods.length > 0) return ok(check, `probes of ${pods.length} gateway pods (${place})`);
      return failed(check, `no ready pod of ${place}`, hint);
    }
    const urls = 'envoyAdmin' in observe ? observe.envoyAdmin.map((url) => `${url}/ready`) : urlsOf(observe);
    await Promise.all(urls.map((url) => axios.get(url, PROBE)));
    return ok(check, `${urls.join(', ')} answers`);
  } catch (error) {
    const expected = error instanceof KubernetesApiError || error instanceof KubernetesUnreachableError;
    if (!expected && !axios.isAxiosError(error)) throw error;
    return failed(check, messageOf(error), hint);
  }
}

function urlsOf(observe: KubernetesOptions['observe']): readonly string[] {
  return 'gateways' in observe && 'urls' in observe.gateways ? observe.gateways.urls : [];
}
