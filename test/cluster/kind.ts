import { run, say, succeeds } from './command.ts';
import { kubeconfigPath } from './control-plane.ts';
import { program } from './programs.ts';
import type { ClusterSettings } from './settings.ts';

/** Network of the pods in a cluster of kind. */
const POD_CIDR = '10.244.0.0/16';

/** True where a container engine answers, and kind is installed. */
export async function kindIsPossible(): Promise<boolean> {
  return (await succeeds('docker', ['info'])) && (await succeeds('kind', ['version']));
}

/**
 * A cluster of kind in place of the own control plane and node; istiod and Envoy run beside it as they do there, so this machine
 * gets a route to the pods and the address that stands for the gateway.
 */
export async function startKind(settings: ClusterSettings): Promise<void> {
  const { name, nodeIp } = settings;
  if (!(await kindExists(name))) {
    say(`creating the kind cluster ${name}`);
    const kubeconfig = ['--kubeconfig', kubeconfigPath(settings)];
    await run('kind', ['create', 'cluster', '--name', name, ...kubeconfig, '--wait', '180s']);
  }
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
  const node = (await run('docker', ['inspect', '--format', format, `${name}-control-plane`])).trim();
  const ip = program(settings, 'ip');
  await run(ip, ['route', 'replace', POD_CIDR, 'via', node]);
  await run(ip, ['addr', 'replace', `${nodeIp}/32`, 'dev', 'lo']);
}

/** Removes the cluster, the route and the address. */
export async function stopKind(settings: ClusterSettings): Promise<void> {
  const { name, nodeIp } = settings;
  const ip = program(settings, 'ip');
  await succeeds(ip, ['route', 'del', POD_CIDR]);
  await succeeds(ip, ['addr', 'del', `${nodeIp}/32`, 'dev', 'lo']);
  if (await kindExists(name)) await run('kind', ['delete', 'cluster', '--name', name]);
}

/** Gives an OCI archive to the node. */
export async function loadIntoKind({ name }: ClusterSettings, file: string): Promise<void> {
  await run('kind', ['load', 'image-archive', file, '--name', name]);
}

/** Images that the node holds. */
export async function imagesInKind({ name }: ClusterSettings): Promise<string[]> {
  const ctr = ['ctr', '--namespace', 'k8s.io', 'images', 'ls', '-q'];
  const names = await run('docker', ['exec', `${name}-control-plane`, ...ctr]);
  return names.split('\n').filter((entry) => entry !== '');
}

async function kindExists(name: string): Promise<boolean> {
  return (await run('kind', ['get', 'clusters'])).split('\n').includes(name);
}
