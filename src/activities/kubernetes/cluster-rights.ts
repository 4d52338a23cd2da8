import type { JsonObject } from '../../contracts/json.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import type { Resource } from './resources.ts';

/** A right as RBAC writes it. */
export interface Right {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly string[];
}

const right = (group: string, resource: string, verbs: string): Right => ({
  group,
  resource,
  verbs: verbs.split(' '),
});
const READ = 'get list';
const WRITE = 'get list watch create update patch delete';

/**
 * What Slipway does in a project's namespace, and nothing more: the Helm chart's Role has exactly these, and
 * `slipway doctor --cluster` asks for each. Objects of user charts beyond them need a Role of the cluster's owner.
 */
export const PROJECT_RIGHTS: readonly Right[] = [
  right('', 'namespaces', 'get'),
  right('', 'pods', READ),
  right('', 'pods/log', 'get'),
  right('', 'events', 'list'),
  right('', 'services', WRITE),
  right('', 'configmaps', WRITE),
  right('', 'secrets', WRITE),
  right('', 'serviceaccounts', WRITE),
  right('', 'persistentvolumeclaims', WRITE),
  right('apps', 'deployments', WRITE),
  right('apps', 'statefulsets', WRITE),
  right('apps', 'daemonsets', WRITE),
  right('apps', 'replicasets', READ),
  right('batch', 'jobs', WRITE),
  right('autoscaling', 'horizontalpodautoscalers', WRITE),
  right('policy', 'poddisruptionbudgets', WRITE),
  right('discovery.k8s.io', 'endpointslices', READ),
];

/** What the traffic router needs besides, by the API that it writes. */
export const TRAFFIC_RIGHTS: { readonly [traffic in 'istio' | 'gateway-api']: readonly Right[] } = {
  istio: [
    right('networking.istio.io', 'virtualservices', WRITE),
    right('networking.istio.io', 'destinationrules', WRITE),
  ],
  'gateway-api': [right('gateway.networking.k8s.io', 'httproutes', WRITE)],
};

const REVIEW: Resource = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'selfsubjectaccessreviews',
  kind: 'SelfSubjectAccessReview',
};

/** Rights of the list that this account does not have in the namespace, as `<verb> <resource>.<group>`. */
export async function missingRights(
  api: KubernetesApi,
  namespace: string,
  rights: readonly Right[],
): Promise<string[]> {
  const wanted = rights.flatMap(({ group, resource, verbs }) =>
    verbs.map((verb) => ({ group, resource, verb })),
  );
  const answers = await Promise.all(
    wanted.map(async ({ group, resource, verb }) => {
      const [name = '', subresource] = resource.split('/');
      const resourceAttributes: JsonObject = { namespace, group, resource: name, verb };
      if (subresource !== undefined) resourceAttributes.subresource = subresource;
      const review = await api.create<{ status?: { allowed?: boolean } }>(
        { resource: REVIEW },
        { spec: { resourceAttributes } },
      );
      return review.status?.allowed === true ? [] : [`${verb} ${resource}${group === '' ? '' : `.${group}`}`];
    }),
  );
  return answers.flat();
}
