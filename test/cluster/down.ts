import { readFileSync, rmSync } from 'node:fs';
import { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import type { Resource } from '../../src/activities/kubernetes/resources.ts';
import { RESOURCES } from '../../src/activities/kubernetes/resources.ts';
import { run, succeeds, until } from './command.ts';
import { kubeconfigPath } from './control-plane.ts';
import { stopKind } from './kind.ts';
import { containerdSocket } from './node.ts';
import { Processes } from './processes.ts';
import { program } from './programs.ts';
import { type ClusterSettings, statePath } from './settings.ts';

const NODE: Resource = { group: '', version: 'v1', plural: 'nodes', kind: 'Node' };

/** Stops the cluster by process id. Its state stays for the next start unless `purge` is asked for. */
export async function stopCluster(settings: ClusterSettings, purge: boolean): Promise<void> {
  const processes = new Processes(settings);
  for (const name of ['envoy', 'istiod']) await processes.stop(name);
  if (settings.kind) {
    await stopKind(settings);
    if (purge) rmSync(statePath(settings), { recursive: true, force: true });
    return;
  }
  if (processes.pid('kube-apiserver') !== undefined && processes.pid('kubelet') !== undefined)
    await removePods(settings);
  await processes.stop('kubelet');
  if (processes.pid('containerd') !== undefined) await removeTasks(settings);
  for (const name of ['containerd', 'kube-scheduler', 'kube-controller-manager', 'kube-apiserver', 'etcd']) {
    await processes.stop(name);
  }
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  const own = mounts
    .filter((path) => path.startsWith(`${settings.state}/`))
    .sort()
    .reverse();
  for (const path of own) await run('umount', [path]);
  if (purge) await removeState(settings);
}

/** Pods go through the API, so that the kubelet and CNI undo mounts, network namespaces and addresses. */
async function removePods(settings: ClusterSettings): Promise<void> {
  const api = KubernetesApi.load(kubeconfigPath(settings));
  await api.mergePatch({ resource: NODE, name: settings.name }, { spec: { unschedulable: true } });
  type Pod = { metadata: { name: string; namespace: string } };
  for (const { metadata } of await api.list<Pod>({ resource: RESOURCES.pod })) {
    await api.delete({ resource: RESOURCES.pod, name: metadata.name, namespace: metadata.namespace }, 1);
  }
  const ctr = program(settings, 'ctr');
  await until('the containers to end', 60, async () => {
    return (
      (await run(ctr, ['-a', containerdSocket(settings), '-n', 'k8s.io', 'tasks', 'ls', '-q'])).trim() === ''
    );
  });
}

async function removeTasks(settings: ClusterSettings): Promise<void> {
  const containerd = ['-a', containerdSocket(settings), '-n', 'k8s.io', 'tasks'];
  const ctr = program(settings, 'ctr');
  const left = (await run(ctr, [...containerd, 'ls', '-q'])).split('\n').filter((task) => task !== '');
  for (const task of left) await succeeds(ctr, [...containerd, 'rm', '-f', task]);
}

async function removeState(settings: ClusterSettings): Promise<void> {
  const ip = program(settings, 'ip');
  await succeeds(ip, ['link', 'del', settings.name]);
  await succeeds(ip, ['route', 'del', 'blackhole', `${settings.podNet}.0/24`]);
  await succeeds(ip, ['route', 'del', 'blackhole', settings.serviceCidr]);
  await succeeds('find', [
    '/sys/fs/cgroup',
    '-depth',
    '-type',
    'd',
    '-path',
    `*/${settings.name}*`,
    '-exec',
    'rmdir',
    '{}',
    ';',
  ]);
  rmSync(statePath(settings), { recursive: true, force: true });
}
