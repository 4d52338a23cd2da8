import type { JsonObject } from '../../../contracts/json.ts';
import type { ServiceRef } from '../platform.ts';
import { type Chart, generatedChart, type Template } from './chart.ts';
import { type IngressOptions, lowestPort, publicHost } from './deployment-uris.ts';
import { isKind, objectName } from './objects.ts';
import { chartName, namespaceOf } from './release-name.ts';
import { SERVICE_LABEL } from './side-name.ts';

/** Keeps an object when a release no longer names it: a route must outlive the change of strategies. */
export const KEEP_POLICY = { 'helm.sh/resource-policy': 'keep' };

/** Who serves the public address of a direct deployment. */
export interface MeshOptions {
  readonly service: ServiceRef;
  readonly ingress: IngressOptions;
  readonly mesh: 'istio' | 'gateway-api';
  /** `<namespace>/<name>`; with Istio also `<name>.<namespace>`, as helm-service 0.18 had it. */
  readonly gateway: string;
}

/**
 * Chart that accompanies the strategy `direct` (helm-service 0.18): for each Service of the user chart a VirtualService at the
 * public host and a DestinationRule, or with the Gateway API an HTTPRoute. One that the user's chart has itself is not made
 * again, which Helm would refuse.
 */
export function meshChart(manifest: readonly JsonObject[], options: MeshOptions): Chart {
  const templates = manifest
    .filter((object) => isKind(object, '', 'Service'))
    .flatMap((service) => (options.mesh === 'istio' ? istioTemplates : httpRoute)(service, options))
    .filter(({ object }) => !manifest.some((own) => isSame(own, object)));
  return generatedChart(chartName(options.service.service, true), 'direct', templates);
}

function istioTemplates(service: JsonObject, { service: ref, ingress, gateway }: MeshOptions): Template[] {
  const name = objectName(service);
  const host = `${name}.${namespaceOf(ref)}.svc.cluster.local`;
  const hosts = [publicHost({ ...ref, service: name }, ingress), name];
  const spec = { gateways: [gateway, 'mesh'], hosts, http: [{ route: [{ destination: { host } }] }] };
  const apiVersion = 'networking.istio.io/v1';
  return [
    {
      file: `${name}-istio-virtualservice.yaml`,
      object: { apiVersion, kind: 'VirtualService', metadata: routeMetadata(name, ref), spec },
    },
    {
      file: `${name}-istio-destinationrule.yaml`,
      object: { apiVersion, kind: 'DestinationRule', metadata: { name }, spec: { host } },
    },
  ];
}

/** A Service without ports has nothing that a gateway could lead to. */
function httpRoute(service: JsonObject, { service: ref, ingress, gateway }: MeshOptions): Template[] {
  const name = objectName(service);
  const port = lowestPort([service]);
  if (port === undefined) return [];
  const [namespace = '', gatewayName = ''] = gateway.split('/');
  const spec = {
    parentRefs: [{ namespace, name: gatewayName }],
    hostnames: [publicHost({ ...ref, service: name }, ingress)],
    rules: [{ backendRefs: [{ group: '', kind: 'Service', name, port, weight: 1 }] }],
  };
  const object = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: routeMetadata(name, ref),
    spec,
  };
  return [{ file: `${name}-httproute.yaml`, object }];
}

function isSame(one: JsonObject, other: JsonObject): boolean {
  return one.kind === other.kind && objectName(one) === objectName(other);
}

function routeMetadata(name: string, { service }: ServiceRef): JsonObject {
  return { name, annotations: KEEP_POLICY, labels: { [SERVICE_LABEL]: service } };
}
