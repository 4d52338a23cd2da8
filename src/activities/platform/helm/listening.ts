import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import type { JsonObject } from '../../../contracts/json.ts';
import type { KubernetesApi } from '../../kubernetes/kubernetes-api.ts';
import { PlatformRetryableError } from '../errors.ts';
import type { EffectContext } from '../platform.ts';
import { isReady } from './failing-pod.ts';
import { objectsAt } from './objects.ts';
import { podsOf } from './rollout.ts';

const CONNECT_MS = 1000;
const POLL_MS = 100;
/** Where the pods cannot be asked from here, this is all that can be given to a program to open its port. */
const GRACE_MS = 3000;

type Answer = 'open' | 'refused' | 'unreachable';

/**
 * Waits until every pod of a Deployment accepts connections on the Service's target ports. Without a readiness probe Kubernetes
 * calls a pod ready as soon as its process exists, and weight would come before the program listens; with one nothing is done.
 */
export async function waitUntilListening(
  api: KubernetesApi,
  deployment: V1Deployment,
  wait: { namespace: string; service: JsonObject; seconds: number; context: EffectContext },
): Promise<void> {
  const containers = deployment.spec?.template.spec?.containers ?? [];
  if (containers.some(({ readinessProbe }) => readinessProbe !== undefined)) return;
  const end = Date.now() + wait.seconds * 1000;
  for (;;) {
    const pods = (await podsOf(api, wait.namespace, deployment)).filter(isReady);
    const answers = await Promise.all(
      pods.flatMap((pod) => portsOf(wait.service, pod).map((port) => ask(pod, port))),
    );
    if (answers.every((answer) => answer === 'open')) return;
    if (answers.includes('unreachable')) {
      wait.context.progress(
        `pods of ${deployment.metadata?.name} have no readiness probe and cannot be asked from here`,
      );
      await delay(GRACE_MS, undefined, { signal: wait.context.signal });
      return;
    }
    if (Date.now() > end) {
      throw new PlatformRetryableError(
        `pods of Deployment ${wait.namespace}/${deployment.metadata?.name} refuse connections on the Service's port; give the container a readiness probe`,
      );
    }
    wait.context.progress(`waiting until the pods of ${deployment.metadata?.name} listen`);
    await delay(POLL_MS, undefined, { signal: wait.context.signal });
  }
}

function portsOf(service: JsonObject, pod: V1Pod): number[] {
  const named = (pod.spec?.containers ?? []).flatMap(({ ports = [] }) => ports);
  return objectsAt(service, 'spec', 'ports').flatMap(({ port, targetPort = port, protocol = 'TCP' }) => {
    if (protocol !== 'TCP') return [];
    if (typeof targetPort === 'number') return [targetPort];
    const found = named.find(({ name }) => name === targetPort);
    return found === undefined ? [] : [found.containerPort];
  });
}

function ask(pod: V1Pod, port: number): Promise<Answer> {
  const host = pod.status?.podIP;
  if (host === undefined) return Promise.resolve('refused');
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_MS });
    const answer = (value: Answer): void => {
      socket.destroy();
      resolve(value);
    };
    socket.once('connect', () => answer('open'));
    socket.once('timeout', () => answer('unreachable'));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      answer(error.code === 'ECONNREFUSED' ? 'refused' : 'unreachable'),
    );
  });
}
