import { setTimeout as delay } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import type { JsonObject } from '../../../contracts/json.ts';
import { isNotFound, KubernetesUnreachableError } from '../../kubernetes/errors.ts';
import type { KubernetesApi } from '../../kubernetes/kubernetes-api.ts';
import { RESOURCES, type Resource } from '../../kubernetes/resources.ts';
import { PlatformRetryableError, PlatformTerminalError } from '../errors.ts';
import type { EffectContext } from '../platform.ts';
import { describeFailingPods, eventsOf, hopelessReason } from './failing-pod.ts';
import { isKind, objectAt, objectName } from './objects.ts';
import { incomplete, podsMissing, runsImagesOf, type Workload } from './rollout-progress.ts';

/** What is waited for, and how long. */
export interface RolloutWait {
  readonly namespace: string;
  /** Seconds from the start of the wait. */
  readonly timeoutSeconds: number;
  readonly context: EffectContext;
}

const POLL_MS = 200;
/** A quota can be short for a moment while old pods end; after this it is the reason. */
const REPLICA_FAILURE_MS = 10_000;

const WORKLOADS: readonly Resource[] = [RESOURCES.deployment, RESOURCES.statefulSet, RESOURCES.daemonSet];

/**
 * Waits until every Deployment, StatefulSet and DaemonSet of a manifest has completed its rollout, all its pods are ready and
 * run the images of its template. Throws PlatformTerminalError when waiting is of no use (no such image, quota) and at the end
 * of the time, as helm-service 0.18 gave up then, with the failing pods' events and newest log lines; PlatformRetryableError
 * when the API server could not be asked at the end.
 */
export async function waitForRollouts(
  api: KubernetesApi,
  manifest: readonly JsonObject[],
  wait: RolloutWait,
): Promise<void> {
  const deadline = Date.now() + wait.timeoutSeconds * 1000;
  for (const object of manifest) {
    const resource = WORKLOADS.find(({ group, kind }) => isKind(object, group, kind));
    if (resource === undefined) continue;
    // A chart may put objects into other namespaces, where the account is allowed to.
    const given = objectAt(object, 'metadata')?.namespace;
    const namespace = typeof given === 'string' ? given : wait.namespace;
    await waitForRollout(api, { resource, name: objectName(object) }, { ...wait, namespace, deadline });
  }
}

interface Timed extends RolloutWait {
  readonly deadline: number;
}

/** Waits for one workload. */
export async function waitForRollout(
  api: KubernetesApi,
  which: { resource: Resource; name: string },
  wait: Timed,
): Promise<void> {
  const what = `${which.resource.kind} ${wait.namespace}/${which.name}`;
  let refusedSince: number | undefined;
  let unreachable: string | undefined;
  for (;;) {
    try {
      const workload = await api.get<Workload>({ ...which, namespace: wait.namespace });
      unreachable = undefined;
      const missing = incomplete(workload);
      const pods = await podsOf(api, wait.namespace, workload);
      const notYet = missing ?? podsMissing(workload, pods);
      if (notYet === undefined) return;
      wait.context.progress(`${what}: ${notYet}`);
      const hopeless = hopelessReason(pods.filter((pod) => runsImagesOf(workload, pod)));
      const refused = refusal(workload);
      refusedSince = refused === undefined ? undefined : (refusedSince ?? Date.now());
      const lasting =
        refusedSince !== undefined && Date.now() - refusedSince > REPLICA_FAILURE_MS ? refused : undefined;
      if (hopeless !== undefined || lasting !== undefined) {
        throw new PlatformTerminalError(
          await report(api, { what, reason: hopeless ?? lasting ?? '', workload, pods, wait }),
        );
      }
      if (Date.now() > wait.deadline) {
        throw new PlatformTerminalError(
          await report(api, { what, reason: `not ready in time: ${notYet}`, workload, pods, wait }),
        );
      }
    } catch (error) {
      if (isNotFound(error)) {
        throw new PlatformTerminalError(
          `${what} is gone: somebody has deleted it while its rollout was watched; trigger the delivery again`,
        );
      }
      if (!(error instanceof KubernetesUnreachableError)) throw error;
      unreachable = error.message;
      wait.context.progress(`${what}: ${unreachable}`);
    }
    if (Date.now() > wait.deadline && unreachable !== undefined) {
      throw new PlatformRetryableError(`${what}: its rollout could not be watched: ${unreachable}`);
    }
    await delay(POLL_MS, undefined, { signal: wait.context.signal });
  }
}

/** Pods of the workload that are not being deleted. */
export async function podsOf(api: KubernetesApi, namespace: string, workload: Workload): Promise<V1Pod[]> {
  const { matchLabels = {}, matchExpressions = [] } = workload.spec?.selector ?? {};
  const terms = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  for (const { key, operator, values = [] } of matchExpressions) {
    if (operator === 'In' || operator === 'NotIn')
      terms.push(`${key} ${operator.toLowerCase()} (${values.join(',')})`);
    else terms.push(operator === 'Exists' ? key : `!${key}`);
  }
  const pods = await api.list<V1Pod>(
    { resource: RESOURCES.pod, namespace },
    { labelSelector: terms.join(',') },
  );
  return pods.filter((pod) => pod.metadata?.deletionTimestamp === undefined);
}

type Condition = { type: string; status: string; reason?: string; message?: string };

function condition(workload: Workload, type: string): Condition | undefined {
  return (workload.status?.conditions as Condition[] | undefined)?.find((entry) => entry.type === type);
}

/** Why the controller may not create pods: quota, admission, security policy. */
function refusal(workload: Workload): string | undefined {
  const failure = condition(workload, 'ReplicaFailure');
  return failure?.status === 'True' ? `pods are refused: ${failure.message}` : undefined;
}

async function report(
  api: KubernetesApi,
  failure: { what: string; reason: string; workload: Workload; pods: readonly V1Pod[]; wait: RolloutWait },
): Promise<string> {
  const { what, reason, workload, pods, wait } = failure;
  const events = await eventsOf(api, wait.namespace, workload.metadata?.uid ?? '');
  const details = await describeFailingPods(api, wait.namespace, pods);
  return [`${what}: ${reason}`, ...events.map((event) => `event ${event}`), details]
    .filter((part) => part !== '')
    .join('\n');
}
