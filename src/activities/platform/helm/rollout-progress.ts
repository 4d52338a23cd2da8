import type { V1DaemonSet, V1Deployment, V1Pod, V1StatefulSet } from '@kubernetes/client-node';
import { isReady } from './failing-pod.ts';

/** What rolls out pods. */
export type Workload = V1Deployment | V1StatefulSet | V1DaemonSet;

/**
 * What is still missing for a complete rollout; without the comparison of generations the previous one's status would pass. Pods
 * that the user replaces himself (`OnDelete`, below a StatefulSet's `partition`) are not waited for, as by `helm --wait`.
 */
export function incomplete(workload: Workload): string | undefined {
  const { generation = 0 } = workload.metadata ?? {};
  const { observedGeneration = 0 } = workload.status ?? {};
  if (observedGeneration < generation) return 'the controller has not seen the change yet';
  if (isByHand(workload)) return undefined;
  if (isDaemonSet(workload)) {
    const { desiredNumberScheduled, updatedNumberScheduled = 0, numberAvailable = 0 } = workload.status ?? {};
    const want = desiredNumberScheduled ?? 0;
    return short({
      want,
      renewed: want,
      updated: updatedNumberScheduled,
      available: numberAvailable,
      total: want,
    });
  }
  const status = workload.status as
    | { updatedReplicas?: number; availableReplicas?: number; replicas?: number }
    | undefined;
  return short({
    want: workload.spec?.replicas ?? 1,
    renewed: renewedPods(workload),
    updated: status?.updatedReplicas ?? 0,
    available: status?.availableReplicas ?? 0,
    total: status?.replicas ?? 0,
  });
}

/** What is still missing of ready pods that run the images of the template. */
export function podsMissing(workload: Workload, pods: readonly V1Pod[]): string | undefined {
  const want = renewedPods(workload);
  const asAsked = pods.filter((pod) => isReady(pod) && runsImagesOf(workload, pod)).length;
  return asAsked >= want
    ? undefined
    : `${asAsked} of ${want} pods ready with ${imagesOf(workload).join(', ')}`;
}

/** True when a pod runs the images of the workload's template. */
export function runsImagesOf(workload: Workload, pod: V1Pod): boolean {
  const running = new Set((pod.spec?.containers ?? []).map(({ name, image }) => `${name}=${image}`));
  return imagesOf(workload).every((image) => running.has(image));
}

/** Images of a workload's template as `<container>=<image>`. */
function imagesOf(workload: Workload): string[] {
  return (workload.spec?.template.spec?.containers ?? []).map(({ name, image }) => `${name}=${image}`);
}

/** How many pods the controller brings to the template by itself. */
function renewedPods(workload: Workload): number {
  if (isByHand(workload)) return 0;
  if (isDaemonSet(workload)) return workload.status?.desiredNumberScheduled ?? 0;
  return Math.max(0, (workload.spec?.replicas ?? 1) - (strategyOf(workload)?.rollingUpdate?.partition ?? 0));
}

function short(count: {
  want: number;
  renewed: number;
  updated: number;
  available: number;
  total: number;
}): string | undefined {
  const { want, renewed, updated, available, total } = count;
  if (updated < renewed) return `${updated} of ${renewed} replicas updated`;
  if (total > want) return `${total - want} old replicas still to end`;
  if (available < want) return `${available} of ${want} replicas available`;
  return undefined;
}

function isByHand(workload: Workload): boolean {
  return strategyOf(workload)?.type === 'OnDelete';
}

/** Of a StatefulSet or DaemonSet; a Deployment has no such field. */
function strategyOf(
  workload: Workload,
): { type?: string; rollingUpdate?: { partition?: number } } | undefined {
  return 'updateStrategy' in (workload.spec ?? {})
    ? (workload.spec as { updateStrategy?: { type?: string; rollingUpdate?: { partition?: number } } })
        .updateStrategy
    : undefined;
}

function isDaemonSet(workload: Workload): workload is V1DaemonSet {
  return workload.kind === 'DaemonSet';
}
