import type { Json, JsonObject } from '../../../contracts/json.ts';
import { isJsonObject } from '../../../contracts/json.ts';
import type { ServiceRef, Side } from '../platform.ts';
import type { Template } from './chart.ts';
import type { MeshKind } from './duplicate-chart.ts';
import { cleanMetadata, objectAt, objectName, stringsAt } from './objects.ts';
import { namespaceOf } from './release-name.ts';
import { suffixLabels } from './side-labels.ts';
import { SERVICE_LABEL, SIDE_LABEL, sideName } from './side-name.ts';

const ISTIO = 'networking.istio.io/v1';

/** What the Services of one chart have in common. */
interface SideRequest {
  /** Labels that get `-primary` on the primary side. */
  readonly keys: readonly string[];
  readonly ref: ServiceRef;
  readonly mesh: MeshKind;
}

/** The main Service's copy for one side (helm-service 0.18), with Istio its DestinationRule. */
export function sideService(service: JsonObject, request: SideRequest & { side: Side }): Template[] {
  const { side, keys, ref, mesh } = request;
  const labels = { [SERVICE_LABEL]: ref.service, [SIDE_LABEL]: side };
  const copy = copyOf(service, { side, keys, labels });
  const name = objectName(copy);
  const template = { file: `${name}-service.yaml`, object: copy };
  if (mesh !== 'istio') return [template];
  const spec = { host: clusterHost(name, ref) };
  const rule = { apiVersion: ISTIO, kind: 'DestinationRule', metadata: { name }, spec };
  return [template, { file: `${name}-istio-destinationrule.yaml`, object: rule }];
}

/**
 * A further Service of the same pods would lead to nothing once the canary is stopped: `<svc>-primary` leads to the primary,
 * and with Istio so does the Service's own name inside the mesh.
 */
export function besideServices(service: JsonObject, { keys, ref, mesh }: SideRequest): Template[] {
  const copy = copyOf(service, { side: 'primary', keys, labels: {} });
  const primary = objectName(copy);
  const template = { file: `${primary}-service.yaml`, object: copy };
  if (mesh !== 'istio') return [template];
  const name = objectName(service);
  const http = [{ route: [{ destination: { host: clusterHost(primary, ref) } }] }];
  const spec = { gateways: ['mesh'], hosts: [name], http };
  const route = { apiVersion: ISTIO, kind: 'VirtualService', metadata: { name }, spec };
  return [template, { file: `${name}-istio-virtualservice.yaml`, object: route }];
}

function copyOf(
  service: JsonObject,
  request: { side: Side; keys: readonly string[]; labels: { [key: string]: string } },
): JsonObject {
  const { side, keys, labels: added } = request;
  const { status: _status, ...rest } = service;
  const suffix = (labels: { [key: string]: string }): { [key: string]: string } =>
    side === 'primary' ? suffixLabels(labels, keys) : labels;
  const labels = { ...suffix(stringsAt(service, 'metadata', 'labels')), ...added };
  return {
    ...rest,
    metadata: {
      ...cleanMetadata(service),
      name: sideName(objectName(service), side, 'Service'),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
    },
    spec: {
      ...specOfItsOwn(service),
      selector: suffix(stringsAt(service, 'spec', 'selector')),
      ports: withoutNodePorts(objectAt(service, 'spec')?.ports),
    },
  };
}

/** Addresses and node ports belong to one Service alone. */
function specOfItsOwn(service: JsonObject): JsonObject {
  const {
    clusterIP: _ip,
    clusterIPs: _ips,
    loadBalancerIP: _lb,
    externalIPs: _external,
    healthCheckNodePort: _health,
    ...spec
  } = objectAt(service, 'spec') ?? {};
  return spec;
}

function withoutNodePorts(ports: Json | undefined): Json[] {
  if (!Array.isArray(ports)) return [];
  return ports.map((port) => {
    if (!isJsonObject(port)) return port;
    const { nodePort: _nodePort, ...rest } = port;
    return rest;
  });
}

function clusterHost(name: string, ref: ServiceRef): string {
  return `${name}.${namespaceOf(ref)}.svc.cluster.local`;
}
