import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import axios from 'axios';
import type { Right } from '../../src/activities/kubernetes/cluster-rights.ts';
import { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import { type ObjectPath, type Resource, restPath } from '../../src/activities/kubernetes/resources.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { until } from './command.ts';

const resource = (group: string, plural: string, kind: string): Resource => ({
  group,
  version: 'v1',
  plural,
  kind,
});
const ACCOUNT = resource('', 'serviceaccounts', 'ServiceAccount');
const ROLE = resource('rbac.authorization.k8s.io', 'roles', 'Role');
const BINDING = resource('rbac.authorization.k8s.io', 'rolebindings', 'RoleBinding');
const REVIEW = resource('authorization.k8s.io', 'subjectaccessreviews', 'SubjectAccessReview');

/** Kubeconfig of an account that may read everything in the namespace and write nothing. */
export async function limitedKubeconfig(kubeconfig: string, namespace: string): Promise<string> {
  const name = 'reader';
  await grant(kubeconfig, { namespace, name }, [
    { group: '*', resource: '*', verbs: ['get', 'list', 'watch'] },
  ]);
  return accountKubeconfig(kubeconfig, { namespace, name });
}

/** Makes a service account that has these rights in its namespace and no others; returns when the API server knows. */
export async function grant(
  kubeconfig: string,
  { namespace, name }: { namespace: string; name: string },
  rights: readonly Right[],
): Promise<void> {
  const api = KubernetesApi.load(kubeconfig);
  const metadata = { name, namespace };
  await api.apply({ resource: ACCOUNT, namespace, name }, { metadata });
  // The last rule is a mark: when the API server grants it, it has the others too.
  const mark = `mark-${randomBytes(6).toString('hex')}`;
  const rules = [...rights, { group: 'slipway.test', resource: mark, verbs: ['get'] }].map(
    ({ group, resource, verbs }) => ({ apiGroups: [group], resources: [resource], verbs: [...verbs] }),
  );
  await api.apply({ resource: ROLE, namespace, name }, { metadata, rules });
  const roleRef = { apiGroup: ROLE.group, kind: 'Role', name };
  await api.apply(
    { resource: BINDING, namespace, name },
    { metadata, roleRef, subjects: [{ kind: 'ServiceAccount', name, namespace }] },
  );
  const user = `system:serviceaccount:${namespace}:${name}`;
  await until(`the rights of ${user} to count`, 20, async () => {
    const resourceAttributes = { namespace, group: 'slipway.test', resource: mark, verb: 'get' };
    const review = await api.create<{ status?: { allowed?: boolean } }>(
      { resource: REVIEW },
      { spec: { user, resourceAttributes } },
    );
    return review.status?.allowed === true;
  });
}

/** Kubeconfig of a service account, with a token of one hour. */
export async function accountKubeconfig(
  kubeconfig: string,
  { namespace, name }: { namespace: string; name: string },
): Promise<string> {
  const request = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 3600 },
  };
  const answer = await raw<{ status: { token: string } }>(kubeconfig, {
    method: 'POST',
    path: { resource: ACCOUNT, namespace, name, subresource: 'token' },
    body: request,
  });
  const config = JSON.parse(readFileSync(kubeconfig, 'utf8')) as { users: { user: object }[] };
  config.users = config.users.map((user) => ({ ...user, user: { token: answer.status.token } }));
  const file = join(mkdtempSync(join(tmpdir(), 'slipway-account-')), 'kubeconfig');
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

/** A JSON patch under the name of a GitOps controller. */
export async function foreignWriterPatch(
  kubeconfig: string,
  path: ObjectPath,
  operations: JsonObject[],
): Promise<void> {
  await raw(kubeconfig, {
    method: 'PATCH',
    path,
    body: operations,
    type: 'application/json-patch+json',
    params: { fieldManager: 'argocd-controller' },
  });
}

async function raw<T>(
  kubeconfig: string,
  call: { method: string; path: ObjectPath; body: unknown; type?: string; params?: JsonObject },
): Promise<T> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const options: { ca?: string | Buffer; headers?: object } = {};
  await config.applyToHTTPSOptions(options as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
  const response = await axios.request<T>({
    method: call.method,
    url: `${config.getCurrentCluster()?.server}${restPath(call.path)}`,
    data: call.body,
    params: call.params,
    httpsAgent: new Agent(options.ca === undefined ? {} : { ca: options.ca }),
    headers: { ...options.headers, 'content-type': call.type ?? 'application/json' },
    timeout: 10_000,
    proxy: false,
  });
  return response.data;
}
