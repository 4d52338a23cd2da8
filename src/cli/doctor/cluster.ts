import { missingRights, PROJECT_RIGHTS, TRAFFIC_RIGHTS } from '../../activities/kubernetes/cluster-rights.ts';
import { KubernetesApiError, KubernetesUnreachableError } from '../../activities/kubernetes/errors.ts';
import { KubernetesApi } from '../../activities/kubernetes/kubernetes-api.ts';
import {
  type KubernetesOptions,
  KubernetesOptionsError,
  kubernetesOptions,
} from '../../activities/kubernetes/kubernetes-ports.ts';
import { RESOURCES } from '../../activities/kubernetes/resources.ts';
import { type Finding, failed, messageOf, ok, warning } from './check.ts';
import { checkHelm } from './helm.ts';
import { checkTraffic } from './traffic.ts';

/** Where to look, and which namespaces should be there. */
export interface ClusterChecks {
  /** Default as kubectl finds it, or the pod's service account. */
  readonly kubeconfig?: string | undefined;
  /** `<project>-<stage>` each. */
  readonly namespaces: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Checks what workers need of a cluster, with the account and the settings that workers on this machine would have. */
export async function checkCluster(checks: ClusterChecks): Promise<Finding[]> {
  const options = readOptions(checks.env);
  if ('check' in options) return [options];
  const helm = await checkHelm(options.helmProgram ?? 'helm');
  const api = loadApi(checks.kubeconfig);
  if ('check' in api) return [helm, api];
  const server = await checkServer(api);
  if (server.status === 'error') return [helm, server];
  const [traffic, ...namespaces] = await Promise.all([
    checkTraffic(api, options),
    ...checks.namespaces.map((namespace) => checkNamespace(api, namespace, options)),
  ]);
  const none = warning(
    'namespaces',
    'none was named, and the API knows no project',
    'name those of your projects: --namespaces <project>-<stage>,…',
  );
  return [helm, server, ...traffic, ...(namespaces.length === 0 ? [none] : namespaces.flat())];
}

function readOptions(env: NodeJS.ProcessEnv): KubernetesOptions | Finding {
  try {
    return kubernetesOptions(env);
  } catch (error) {
    if (!(error instanceof KubernetesOptionsError)) throw error;
    return failed('settings', error.message, 'correct the variable; docs/kubernetes.md has them all');
  }
}

/** Whatever keeps a kubeconfig from being read is told: the file is the user's. */
function loadApi(kubeconfig: string | undefined): KubernetesApi | Finding {
  try {
    return KubernetesApi.load(kubeconfig);
  } catch (error) {
    return failed('Kubernetes', `no kubeconfig: ${messageOf(error)}`, 'set KUBECONFIG or --kubeconfig');
  }
}

async function checkServer(api: KubernetesApi): Promise<Finding> {
  try {
    return ok('Kubernetes', `${await api.version()} at ${api.server}`);
  } catch (error) {
    if (!(error instanceof KubernetesUnreachableError) && !(error instanceof KubernetesApiError)) throw error;
    return failed(
      'Kubernetes',
      error.message,
      'set KUBECONFIG or --kubeconfig, and check that the credentials are still good',
    );
  }
}

async function checkNamespace(
  api: KubernetesApi,
  namespace: string,
  { traffic }: KubernetesOptions,
): Promise<Finding[]> {
  const check = `namespace ${namespace}`;
  const rights = [...PROJECT_RIGHTS, ...(traffic === 'none' ? [] : TRAFFIC_RIGHTS[traffic])];
  try {
    const missing = await missingRights(api, namespace, rights);
    if (!missing.includes('get namespaces')) {
      const found = await api.find({ resource: RESOURCES.namespace, name: namespace });
      if (found === undefined) return [await absent(api, namespace)];
    }
    if (missing.length === 0) return [ok(check, 'there, and every right that a delivery needs')];
    return [
      failed(
        check,
        `${missing.length} rights are missing: ${missing.join(', ')}`,
        `name ${namespace} in projectNamespaces of the chart k8s/slipway, or bind a Role with these verbs to the account`,
      ),
    ];
  } catch (error) {
    if (!(error instanceof KubernetesUnreachableError) && !(error instanceof KubernetesApiError)) throw error;
    return [failed(check, messageOf(error), 'check the account that the kubeconfig names')];
  }
}

/** Slipway makes a namespace by itself only where it may. */
async function absent(api: KubernetesApi, namespace: string): Promise<Finding> {
  const create = [{ group: '', resource: 'namespaces', verbs: ['create'] }];
  const check = `namespace ${namespace}`;
  if ((await missingRights(api, namespace, create)).length === 0) {
    return ok(check, 'not there yet; the first delivery makes it');
  }
  return failed(
    check,
    'not there, and this account may not make it',
    `kubectl create namespace ${namespace}`,
  );
}
