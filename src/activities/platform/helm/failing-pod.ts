import type { CoreV1Event, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { KubernetesApiError } from '../../kubernetes/errors.ts';
import type { KubernetesApi } from '../../kubernetes/kubernetes-api.ts';
import { RESOURCES } from '../../kubernetes/resources.ts';

const LOG_LINES = 20;
const LOG_BYTES = 4000;
const EVENTS = 6;

/** Waiting reasons that no time cures. */
const HOPELESS = new Set(['InvalidImageName', 'ErrImageNeverPull', 'CreateContainerConfigError']);
const IMAGE_REASONS = new Set(['ErrImagePull', 'ImagePullBackOff']);
const NO_SUCH_IMAGE = /not found|manifest unknown|does not exist|no such image|name unknown/i;

/** Name, phase, events and newest log lines of the pods that keep a rollout from completing, for an error message. */
export async function describeFailingPods(
  api: KubernetesApi,
  namespace: string,
  pods: readonly V1Pod[],
): Promise<string> {
  const failing = pods.filter((pod) => !isReady(pod) || hasRestarted(pod)).slice(-2);
  const texts = await Promise.all(failing.map((pod) => describePod(api, namespace, pod)));
  return texts.join('\n');
}

/** Why waiting longer is of no use, as far as the pods tell; undefined while there is hope. */
export function hopelessReason(pods: readonly V1Pod[]): string | undefined {
  for (const pod of pods) {
    for (const { name, image, state } of statuses(pod)) {
      const { reason, message } = state?.waiting ?? {};
      if (reason === undefined) continue;
      const missing = IMAGE_REASONS.has(reason) && NO_SUCH_IMAGE.test(message ?? '');
      if (missing || HOPELESS.has(reason)) {
        return `container ${name} of pod ${pod.metadata?.name} with image ${image}: ${reason}: ${message ?? 'no message'}`;
      }
    }
  }
  return undefined;
}

/** True when the pod's Ready condition holds and nothing is deleting it. */
export function isReady(pod: V1Pod): boolean {
  const ready =
    pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
  return ready && pod.metadata?.deletionTimestamp === undefined;
}

/** Events about one object, oldest first, as `reason: message`. */
export async function eventsOf(api: KubernetesApi, namespace: string, uid: string): Promise<string[]> {
  const fieldSelector = `involvedObject.uid=${uid}`;
  const events = await api.list<CoreV1Event>({ resource: RESOURCES.event, namespace }, { fieldSelector });
  const time = (event: CoreV1Event): string => String(event.lastTimestamp ?? event.eventTime ?? '');
  return events
    .sort((a, b) => time(a).localeCompare(time(b)))
    .slice(-EVENTS)
    .map((event) => `${event.reason}: ${event.message}`);
}

async function describePod(api: KubernetesApi, namespace: string, pod: V1Pod): Promise<string> {
  const name = pod.metadata?.name ?? '';
  const lines = [`pod ${name} is ${pod.status?.phase ?? 'unknown'}`];
  for (const status of statuses(pod)) lines.push(...describeContainer(status));
  const events = await eventsOf(api, namespace, pod.metadata?.uid ?? '');
  lines.push(...events.map((event) => `  event ${event}`));
  const failing = statuses(pod).find(
    (status) => status.restartCount > 0 || (!status.ready && status.state?.running !== undefined),
  );
  if (failing !== undefined) {
    // A container that runs again has its last words in the log before; one that waits is the one that has ended.
    const previous = failing.restartCount > 0 && failing.state?.running !== undefined;
    const log = await readLog(api, { namespace, name, container: failing.name }, previous);
    lines.push(...log.split('\n').map((line) => `  log ${failing.name}: ${line}`));
  }
  return lines.join('\n');
}

function describeContainer({ name, state, restartCount, lastState }: V1ContainerStatus): string[] {
  const { waiting, terminated } = state ?? {};
  const ended = terminated ?? lastState?.terminated;
  const lines: string[] = [];
  if (waiting !== undefined)
    lines.push(`  container ${name} waits: ${waiting.reason ?? ''} ${waiting.message ?? ''}`.trimEnd());
  if (ended !== undefined)
    lines.push(
      `  container ${name} ended with exit code ${ended.exitCode} (${ended.reason}), ${restartCount} restarts`,
    );
  return lines;
}

/** A container that has written nothing, or is gone, is no reason to hide the failure that is being described. */
async function readLog(
  api: KubernetesApi,
  pod: { namespace: string; name: string; container: string },
  previous: boolean,
): Promise<string> {
  try {
    const log = await api.logs(pod, { lines: LOG_LINES, bytes: LOG_BYTES, previous });
    return log.trim() === '' ? '(empty)' : log.trimEnd();
  } catch (error) {
    if (error instanceof KubernetesApiError) return `(not readable: ${error.message})`;
    throw error;
  }
}

function hasRestarted(pod: V1Pod): boolean {
  return statuses(pod).some(({ restartCount }) => restartCount > 0);
}

function statuses(pod: V1Pod): V1ContainerStatus[] {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}
