import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import type { JsonObject } from '../../../contracts/json.ts';
import type { KubernetesApi } from '../../kubernetes/kubernetes-api.ts';
import { RESOURCES } from '../../kubernetes/resources.ts';
import { PlatformTerminalError } from '../errors.ts';
import type { EffectContext } from '../platform.ts';
import { describeFailingPods, isReady } from './failing-pod.ts';
import { objectsAt } from './objects.ts';
import { podsOf, waitForRollout } from './rollout.ts';

const CONNECT_MS = 1000;
const POLL_MS = 100;
/** Where the pods cannot be asked from here, this is all that can be given to a program to open its port. */
const GRACE_MS = 3000;
/** A Service may name ports that its program never opens, say for a debugger; helm-service 0.18 did not ask. */
const PARTLY_SECONDS = 10;

/** What is waited for, and how long. */
export interface ListeningWait {
  readonly namespace: string;
  /** The Service whose ports are asked. */
  readonly service: JsonObject;
  readonly seconds: number;
  /** Seconds for the other ports once the lowest one is open on each pod; default 10. */
  readonly partlySeconds?: number;
  readonly context: EffectContext;
}

type Answer = 'open' | 'refused' | 'unreachable';

/**
 * Waits until every pod of a Deployment accepts connections on the Service's target ports. Without a readiness probe Kubernetes
 * calls a pod ready as soon as its process exists, and weight would come before the program listens; with one nothing is done.
 */
export async function waitUntilListening(
  api: KubernetesApi,
  deployment: V1Deployment,
  wait: ListeningWait,
): Promise<void> {
  const containers = deployment.spec?.template.spec?.containers ?? [];
  if (containers.some(({ readinessProbe }) => readinessProbe !== undefined)) return;
  const name = deployment.metadata?.name ?? '';
  const { namespace, context } = wait;
  const deadline = Date.now() + wait.seconds * 1000;
  const rollout = { namespace, timeoutSeconds: wait.seconds, context, deadline };
  let live = deployment;
  let partlySince: number | undefined;
  for (;;) {
    const pods = await podsOf(api, namespace, live);
    const ready = pods.filter(isReady);
    const answers = await Promise.all(
      ready.map((pod) => Promise.all(portsOf(wait.service, pod).map((port) => ask(pod, port)))),
    );
    // A program that ends at once leaves its pod ready for a moment, and then not: no pod is no open port.
    const complete = ready.length >= (live.spec?.replicas ?? 1);
    if (complete && answers.every((ports) => ports.every((answer) => answer === 'open'))) return;
    // The lowest port is the one that routes and addresses name.
    const partly = complete && answers.every(([lowest = 'open']) => lowest === 'open');
    partlySince = partly ? (partlySince ?? Date.now()) : undefined;
    if (
      partlySince !== undefined &&
      Date.now() - partlySince > (wait.partlySeconds ?? PARTLY_SECONDS) * 1000
    ) {
      context.progress(`pods of ${name} listen on some of the Service's ports only`);
      return;
    }
    if (complete && answers.flat().includes('unreachable')) {
      context.progress(`pods of ${name} have no readiness probe and cannot be asked from here`);
      await delay(GRACE_MS, undefined, { signal: context.signal });
      if ((await podsOf(api, namespace, live)).filter(isReady).length >= ready.length) return;
    }
    if (Date.now() > deadline) {
      if (complete && answers.every((ports) => ports.length === 0 || ports.includes('open'))) {
        context.progress(`pods of ${name} do not listen on the Service's lowest port`);
        return;
      }
      const details = await describeFailingPods(api, namespace, pods);
      throw new PlatformTerminalError(
        `pods of Deployment ${namespace}/${name} refuse connections on the Service's port; correct the port, or give the container a readiness probe\n${details}`.trim(),
      );
    }
    context.progress(`waiting until the pods of ${name} listen`);
    if (!complete) {
      await waitForRollout(api, { resource: RESOURCES.deployment, name }, rollout);
      live = await api.get<V1Deployment>({ resource: RESOURCES.deployment, namespace, name });
    }
    await delay(POLL_MS, undefined, { signal: context.signal });
  }
}

/** Ports of the pod, by the Service's ports in ascending order. */
function portsOf(service: JsonObject, pod: V1Pod): number[] {
  const named = (pod.spec?.containers ?? []).flatMap(({ ports = [] }) => ports);
  const sorted = objectsAt(service, 'spec', 'ports').sort((a, b) => Number(a.port) - Number(b.port));
  return sorted.flatMap(({ port, targetPort = port, protocol = 'TCP' }) => {
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
