import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import type { Resource } from '../../src/activities/kubernetes/resources.ts';
import { answers, run, succeeds, until } from './command.ts';
import { kubeconfigPath } from './control-plane.ts';
import { binaryImage, importImage } from './image.ts';
import { Processes } from './processes.ts';
import { program } from './programs.ts';
import { type ClusterSettings, statePath } from './settings.ts';

const NODE: Resource = { group: '', version: 'v1', plural: 'nodes', kind: 'Node' };
const SERVICE_ACCOUNT: Resource = {
  group: '',
  version: 'v1',
  plural: 'serviceaccounts',
  kind: 'ServiceAccount',
};
const CGROUP2_MAGIC = 0x63677270;
const PAUSE = 'localhost/pause:1';

/** Unix socket of the cluster's own containerd. */
export function containerdSocket(settings: ClusterSettings): string {
  const path = statePath(settings, 'containerd.sock');
  if (path.length > 100)
    throw new Error(`${path} is too long for a socket; set SLIPWAY_CLUSTER_STATE to a shorter folder`);
  return path;
}

/** Starts containerd and the kubelet, and waits until the node is Ready; what runs is left alone. */
export async function startNode(settings: ClusterSettings): Promise<void> {
  const processes = new Processes(settings);
  writeContainerdFiles(settings);
  await processes.start('containerd', [
    program(settings, 'containerd'),
    '-c',
    statePath(settings, 'containerd.toml'),
  ]);
  const ctr = program(settings, 'ctr');
  await processes.ready('containerd', 30, () => succeeds(ctr, ['-a', containerdSocket(settings), 'version']));
  const images = await run(ctr, ['-a', containerdSocket(settings), '-n', 'k8s.io', 'images', 'ls', '-q']);
  if (!images.split('\n').includes(PAUSE)) {
    // There is no registry: the image of the pods' sandbox is made here.
    await importImage(settings, await binaryImage(PAUSE, program(settings, 'pause'), []));
  }
  prepareCgroups(settings.name);
  writeKubeletConfig(settings);
  await processes.start('kubelet', [
    program(settings, 'kubelet'),
    `--config=${statePath(settings, 'kubelet.yaml')}`,
    `--kubeconfig=${kubeconfigPath(settings)}`,
    `--root-dir=${statePath(settings, 'kubelet')}`,
    `--cert-dir=${statePath(settings, 'pki', 'kubelet-certs')}`,
    `--hostname-override=${settings.name}`,
    `--node-ip=${settings.nodeIp}`,
  ]);
  await processes.ready('kubelet', 60, () =>
    answers(`http://127.0.0.1:${settings.ports.kubeletHealth}/healthz`),
  );
  const api = KubernetesApi.load(kubeconfigPath(settings));
  const node = { resource: NODE, name: settings.name };
  await until('the node to register', 60, async () => (await api.find(node)) !== undefined);
  await api.mergePatch(node, { spec: { unschedulable: null } });
  await until('the node to be Ready', 90, () => isReady(api, settings.name));
  const account = { resource: SERVICE_ACCOUNT, namespace: 'default', name: 'default' };
  await until('the default service account', 30, async () => (await api.find(account)) !== undefined);
}

async function isReady(api: KubernetesApi, name: string): Promise<boolean> {
  type NodeStatus = {
    status?: { conditions?: { type: string; status: string; lastHeartbeatTime?: string }[] };
  };
  const node = await api.get<NodeStatus>({ resource: NODE, name });
  return (node.status?.conditions ?? []).some(
    (condition) => condition.type === 'Ready' && condition.status === 'True',
  );
}

/** Without masquerading a pod reaches this machine and other pods, and nothing else. */
function writeContainerdFiles(settings: ClusterSettings): void {
  const root = statePath(settings, 'containerd');
  const cni = statePath(settings, 'cni');
  mkdirSync(cni, { recursive: true });
  const bridge = {
    type: 'bridge',
    bridge: settings.name,
    isGateway: true,
    ipMasq: false,
    hairpinMode: true,
    ipam: {
      type: 'host-local',
      dataDir: join(cni, 'ipam'),
      ranges: [[{ subnet: `${settings.podNet}.0/24` }]],
      routes: [{ dst: '0.0.0.0/0' }],
    },
  };
  const network = { cniVersion: '0.4.0', name: settings.name, plugins: [bridge] };
  writeFileSync(join(cni, '10-bridge.conflist'), JSON.stringify(network));
  const disabled = ['aufs', 'btrfs', 'devmapper', 'zfs'].map(
    (name) => `"io.containerd.snapshotter.v1.${name}"`,
  );
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  // restrict_oom_score_adj: without CAP_SYS_RESOURCE runc cannot lower it, and no sandbox would start.
  const lines = [
    'version = 2',
    `root = "${join(root, 'root')}"`,
    `state = "${join(root, 'state')}"`,
    `disabled_plugins = [${disabled.join(', ')}]`,
    '[grpc]',
    `address = "${containerdSocket(settings)}"`,
    '[plugins."io.containerd.internal.v1.opt"]',
    `path = "${join(root, 'opt')}"`,
    `[${cri}]`,
    `sandbox_image = "${PAUSE}"`,
    'restrict_oom_score_adj = true',
    `[${cri}.cni]`,
    'bin_dir = "/usr/lib/cni"',
    `conf_dir = "${cni}"`,
    `[${cri}.containerd]`,
    'snapshotter = "overlayfs"',
    'default_runtime_name = "runc"',
    '',
  ];
  writeFileSync(statePath(settings, 'containerd.toml'), lines.join('\n'));
}

/**
 * A kubelet removes pod cgroups that it does not know, so each has a root of its own; on cgroup v1 it must exist before. All pods
 * together get as much as twenty processes: with the share of one they stood still for minutes while tests kept the machine busy.
 */
function prepareCgroups(name: string): void {
  const root = '/sys/fs/cgroup';
  if (statfsSync(root).type === CGROUP2_MAGIC) {
    mkdirSync(join(root, name), { recursive: true });
    const weight = join(root, name, 'cpu.weight');
    if (existsSync(weight)) writeFileSync(weight, '2000');
    return;
  }
  for (const hierarchy of readdirSync(root)) {
    const folder = join(root, hierarchy);
    if (lstatSync(folder).isDirectory()) mkdirSync(join(folder, name), { recursive: true });
  }
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const source = join(root, 'cpuset', file);
    if (existsSync(source)) appendFileSync(join(root, 'cpuset', name, file), readFileSync(source));
  }
  const shares = join(root, 'cpu', name, 'cpu.shares');
  if (existsSync(shares)) writeFileSync(shares, '20480');
}

function writeKubeletConfig(settings: ClusterSettings): void {
  const pki = statePath(settings, 'pki');
  const config = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: false },
      x509: { clientCAFile: join(pki, 'ca.crt') },
    },
    authorization: { mode: 'AlwaysAllow' },
    tlsCertFile: join(pki, 'kubelet.crt'),
    tlsPrivateKeyFile: join(pki, 'kubelet.key'),
    address: settings.nodeIp,
    port: settings.ports.kubelet,
    healthzBindAddress: '127.0.0.1',
    healthzPort: settings.ports.kubeletHealth,
    containerRuntimeEndpoint: `unix://${containerdSocket(settings)}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${settings.name}`,
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    evictionHard: { 'nodefs.available': '1%', 'imagefs.available': '1%', 'memory.available': '50Mi' },
    // Never collect images: nothing could pull them again.
    imageGCHighThresholdPercent: 100,
    serializeImagePulls: false,
    resolvConf: '',
  };
  writeFileSync(statePath(settings, 'kubelet.yaml'), JSON.stringify(config, null, 2));
}
