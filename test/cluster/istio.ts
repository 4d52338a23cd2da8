import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import type { Resource } from '../../src/activities/kubernetes/resources.ts';
import { RESOURCES } from '../../src/activities/kubernetes/resources.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { answers, run, until } from './command.ts';
import { kubeconfigPath } from './control-plane.ts';
import { Processes } from './processes.ts';
import { program } from './programs.ts';
import { type ClusterSettings, statePath } from './settings.ts';

/** `nice` of the gateway's threads. */
const GATEWAY_PRIORITY = -10;

const CRD: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
};
const ISTIO_GATEWAY: Resource = {
  group: 'networking.istio.io',
  version: 'v1',
  plural: 'gateways',
  kind: 'Gateway',
};
const GATEWAY: Resource = {
  group: 'gateway.networking.k8s.io',
  version: 'v1',
  plural: 'gateways',
  kind: 'Gateway',
};
const GATEWAY_CLASS: Resource = {
  group: 'gateway.networking.k8s.io',
  version: 'v1',
  plural: 'gatewayclasses',
  kind: 'GatewayClass',
};
const NAMESPACE = 'istio-system';

/** Names that the traffic routers need of this installation. */
export const ISTIO_GATEWAY_NAME = `${NAMESPACE}/gw`;
export const GATEWAY_API_GATEWAY = { namespace: NAMESPACE, name: 'istio-gw' };

/** Starts istiod and an Envoy as its ingress gateway on this machine, for VirtualServices and for HTTPRoutes. */
export async function startIstio(settings: ClusterSettings): Promise<void> {
  const api = KubernetesApi.load(kubeconfigPath(settings));
  const processes = new Processes(settings);
  await installCrds(api);
  await api.apply({ resource: RESOURCES.namespace, name: NAMESPACE }, { metadata: { name: NAMESPACE } });
  const folder = statePath(settings, 'istio');
  mkdirSync(folder, { recursive: true });
  await startIstiod(settings, processes, folder);
  await describeGateway(settings, api);
  await startEnvoy(settings, processes, folder);
  await createGatewayApiGateway(settings, api);
}

async function installCrds(api: KubernetesApi): Promise<void> {
  const cache = (await run('go', ['env', 'GOMODCACHE'])).trim();
  const istio = join(
    moduleFolder(cache, 'istio.io', 'istio@'),
    'manifests',
    'charts',
    'base',
    'files',
    'crd-all.gen.yaml',
  );
  const gatewayApi = join(moduleFolder(cache, 'sigs.k8s.io', 'gateway-api@'), 'config', 'crd', 'standard');
  const files = [istio, ...readdirSync(gatewayApi).map((name) => join(gatewayApi, name))];
  const definitions = files
    .flatMap((file) => loadAll(readFileSync(file, 'utf8')) as JsonObject[])
    .filter((definition) => definition?.kind === 'CustomResourceDefinition') as (JsonObject & {
    metadata: { name: string };
  })[];
  for (const definition of definitions) {
    const path = { resource: CRD, name: definition.metadata.name };
    if ((await api.find(path)) === undefined) await api.apply(path, definition);
  }
  type Status = { status?: { conditions?: { type: string; status: string }[] } };
  for (const { metadata } of definitions) {
    await until(`CRD ${metadata.name} to be established`, 30, async () => {
      const { status } = await api.get<Status>({ resource: CRD, name: metadata.name });
      return (status?.conditions ?? []).some(
        ({ type, status }) => type === 'Established' && status === 'True',
      );
    });
  }
}

function moduleFolder(cache: string, domain: string, prefix: string): string {
  const versions = readdirSync(join(cache, domain))
    .filter((name) => name.startsWith(prefix))
    .sort();
  const newest = versions.at(-1);
  if (newest === undefined)
    throw new Error(`the Go module cache has no ${domain}/${prefix}; build istiod first`);
  return join(cache, domain, newest);
}

/** A plain Envoy lacks Istio's own filters, so that metadata exchange, ALPN and metrics providers are off. */
async function startIstiod(settings: ClusterSettings, processes: Processes, folder: string): Promise<void> {
  const { ports } = settings;
  const loopback = (port: number): string => `127.0.0.1:${port}`;
  const mesh = {
    accessLogFile: join(folder, 'access.log'),
    accessLogFormat:
      '%START_TIME(%s.%6f)% %RESPONSE_CODE% %RESPONSE_FLAGS% %DURATION% %UPSTREAM_REQUEST_ATTEMPT_COUNT% %UPSTREAM_CLUSTER% %RESPONSE_CODE_DETAILS%\n',
    enableAutoMtls: false,
    defaultProviders: { metrics: [] },
    defaultConfig: { discoveryAddress: loopback(ports.istiodXds) },
    trustDomain: 'cluster.local',
  };
  writeFileSync(join(folder, 'mesh.yaml'), JSON.stringify(mesh));
  const argv = [
    program(settings, 'pilot-discovery'),
    'discovery',
    `--kubeconfig=${kubeconfigPath(settings)}`,
    `--meshConfig=${join(folder, 'mesh.yaml')}`,
    '--registries=Kubernetes',
    `--httpAddr=${loopback(ports.istiodHttp)}`,
    '--httpsAddr=',
    `--grpcAddr=${loopback(ports.istiodXds)}`,
    '--secureGRPCAddr=',
    `--monitoringAddr=${loopback(ports.istiodMonitoring)}`,
  ];
  await processes.start('istiod', argv, {
    POD_NAMESPACE: NAMESPACE,
    POD_NAME: 'istiod',
    CLUSTER_ID: 'Kubernetes',
    PILOT_CERT_PROVIDER: 'none',
    ENABLE_CA_SERVER: 'false',
    PILOT_ENABLE_METADATA_EXCHANGE: 'false',
    PILOT_ENABLE_ALPN_FILTER: 'false',
    PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER: 'false',
  });
  await processes.ready('istiod', 60, () => answers(`http://127.0.0.1:${ports.istiodHttp}/ready`));
}

/** istiod finds the gateway's ports through the Service that selects the labels in Envoy's node metadata; there is no pod. */
async function describeGateway(settings: ClusterSettings, api: KubernetesApi): Promise<void> {
  const { ports, nodeIp } = settings;
  const listed = [
    { name: 'http', port: ports.istioIngress },
    { name: 'http-gwapi', port: ports.gatewayApiIngress },
  ];
  const place = { namespace: NAMESPACE };
  await api.apply(
    { ...place, resource: RESOURCES.service, name: 'ingressgateway' },
    {
      metadata: { name: 'ingressgateway', ...place },
      spec: {
        selector: { istio: 'ingressgateway' },
        ports: listed.map((port) => ({ ...port, targetPort: port.port })),
      },
    },
  );
  // A Gateway of the Gateway API is Programmed only when the Service has an endpoint.
  await api.apply(
    { ...place, resource: RESOURCES.endpointSlice, name: 'ingressgateway-host' },
    {
      metadata: {
        name: 'ingressgateway-host',
        ...place,
        labels: {
          'kubernetes.io/service-name': 'ingressgateway',
          'endpointslice.kubernetes.io/managed-by': 'slipway-test',
        },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: [nodeIp], conditions: { ready: true } }],
      ports: listed.map((port) => ({ ...port, protocol: 'TCP' })),
    },
  );
  await api.apply(
    { ...place, resource: ISTIO_GATEWAY, name: 'gw' },
    {
      metadata: { name: 'gw', ...place },
      spec: {
        selector: { istio: 'ingressgateway' },
        servers: [
          {
            port: { number: ports.istioIngress, name: 'http', protocol: 'HTTP' },
            bind: '0.0.0.0',
            hosts: ['*'],
          },
        ],
      },
    },
  );
}

async function startEnvoy(settings: ClusterSettings, processes: Processes, folder: string): Promise<void> {
  const { ports, nodeIp } = settings;
  const address = (port: number): JsonObject => ({
    socket_address: { address: '127.0.0.1', port_value: port },
  });
  const http2 = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  const config = {
    node: {
      id: `router~${nodeIp}~ingressgateway.${NAMESPACE}~${NAMESPACE}.svc.cluster.local`,
      cluster: `ingressgateway.${NAMESPACE}`,
      metadata: {
        CLUSTER_ID: 'Kubernetes',
        NAMESPACE,
        LABELS: { istio: 'ingressgateway' },
        ISTIO_VERSION: '1.31.0',
      },
    },
    admin: { address: address(ports.envoyAdmin) },
    dynamic_resources: {
      lds_config: { ads: {}, resource_api_version: 'V3' },
      cds_config: { ads: {}, resource_api_version: 'V3' },
      ads_config: {
        api_type: 'GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds' } }],
      },
    },
    static_resources: {
      clusters: [
        {
          name: 'xds',
          type: 'STATIC',
          connect_timeout: '2s',
          typed_extension_protocol_options: {
            [http2]: {
              '@type': `type.googleapis.com/${http2}`,
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
          load_assignment: {
            cluster_name: 'xds',
            endpoints: [{ lb_endpoints: [{ endpoint: { address: address(ports.istiodXds) } }] }],
          },
        },
      ],
    },
  };
  writeFileSync(join(folder, 'envoy.json'), JSON.stringify(config));
  const argv = [
    program(settings, 'envoy'),
    '-c',
    join(folder, 'envoy.json'),
    '--log-level',
    'warning',
    '--concurrency',
    '1',
  ];
  await processes.start('envoy', [
    ...argv,
    '--base-id',
    String(ports.etcd),
    '--file-flush-interval-msec',
    '200',
  ]);
  await processes.ready('envoy', 60, () => answers(`http://127.0.0.1:${ports.envoyAdmin}/ready`));
  preferGateway(processes.pid('envoy') ?? 0);
}

/**
 * Tests keep a small machine busier than clients ever would: a gateway that gets no time lets requests wait until they are given
 * up, and a test of releases would see the machine instead. Linux keeps a priority per thread.
 */
function preferGateway(pid: number): void {
  for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), GATEWAY_PRIORITY);
}

/** An address that names an existing Service means "use that gateway": istiod then deploys nothing. */
async function createGatewayApiGateway(settings: ClusterSettings, api: KubernetesApi): Promise<void> {
  await until(
    'istiod to create its GatewayClass',
    30,
    async () => (await api.find({ resource: GATEWAY_CLASS, name: 'istio' })) !== undefined,
  );
  const path = { resource: GATEWAY, ...GATEWAY_API_GATEWAY };
  await api.apply(path, {
    metadata: { name: GATEWAY_API_GATEWAY.name, namespace: NAMESPACE },
    spec: {
      gatewayClassName: 'istio',
      addresses: [{ type: 'Hostname', value: `ingressgateway.${NAMESPACE}.svc.cluster.local` }],
      listeners: [
        {
          name: 'http',
          port: settings.ports.gatewayApiIngress,
          protocol: 'HTTP',
          allowedRoutes: { namespaces: { from: 'All' } },
        },
      ],
    },
  });
  type Status = { status?: { conditions?: { type: string; status: string }[] } };
  await until('the Gateway to be Programmed', 30, async () => {
    const { status } = await api.get<Status>(path);
    return (status?.conditions ?? []).some(({ type, status }) => type === 'Programmed' && status === 'True');
  });
}
