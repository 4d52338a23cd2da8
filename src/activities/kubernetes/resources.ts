/** Where a kind is served: API group (empty for the core group), version and plural. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
}

const resource = (group: string, version: string, plural: string, kind: string): Resource => ({
  group,
  version,
  plural,
  kind,
});

/** The kinds that Slipway reads or writes itself; everything else of a chart goes through Helm. */
export const RESOURCES = {
  configMap: resource('', 'v1', 'configmaps', 'ConfigMap'),
  event: resource('', 'v1', 'events', 'Event'),
  namespace: resource('', 'v1', 'namespaces', 'Namespace'),
  pod: resource('', 'v1', 'pods', 'Pod'),
  secret: resource('', 'v1', 'secrets', 'Secret'),
  service: resource('', 'v1', 'services', 'Service'),
  deployment: resource('apps', 'v1', 'deployments', 'Deployment'),
  replicaSet: resource('apps', 'v1', 'replicasets', 'ReplicaSet'),
  statefulSet: resource('apps', 'v1', 'statefulsets', 'StatefulSet'),
  daemonSet: resource('apps', 'v1', 'daemonsets', 'DaemonSet'),
  job: resource('batch', 'v1', 'jobs', 'Job'),
  endpointSlice: resource('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice'),
  virtualService: resource('networking.istio.io', 'v1', 'virtualservices', 'VirtualService'),
  httpRoute: resource('gateway.networking.k8s.io', 'v1', 'httproutes', 'HTTPRoute'),
} as const satisfies { [name: string]: Resource };

/** `v1` or `<group>/<version>`, as objects carry it. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** One object, or the collection when `name` is absent; cluster-scoped kinds have no namespace. */
export interface ObjectPath {
  readonly resource: Resource;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

/** REST path of an object or a collection; every part is escaped, so that no name can leave its place. */
export function restPath({ resource, namespace, name, subresource }: ObjectPath): string {
  const root =
    resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const parts = namespace === undefined ? [] : ['namespaces', namespace];
  parts.push(resource.plural);
  if (name !== undefined) parts.push(name);
  if (subresource !== undefined) parts.push(subresource);
  return [root, ...parts.map((part) => encodeURIComponent(part))].join('/');
}

/** How a message names an object: `Deployment sockshop-dev/carts`. */
export function describePath({ resource, namespace, name }: ObjectPath): string {
  const place = namespace === undefined ? (name ?? '') : `${namespace}/${name ?? ''}`;
  return `${resource.kind} ${place}`;
}
