import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run, say } from './command.ts';
import { importedImages, importImage } from './image.ts';
import { withLock } from './lock.ts';
import { type ClusterSettings, statePath } from './settings.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** A checkout to build from while this one is being worked on. */
const SOURCE = process.env.SLIPWAY_IMAGE_SOURCE ?? ROOT;
const REFERENCE = 'localhost/slipway:test';
const BASES = ['runtime', 'build', 'go'] as const;
/** What `.dockerignore` lets through, and the descriptions themselves. */
const SOURCES = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'bin',
  'scripts',
];
const DESCRIPTIONS = ['src', 'k8s/Containerfile', 'test/cluster/base', 'test/cluster/tools/helm'];

/**
 * Builds k8s/Containerfile itself with buildah (no daemon, no registry: the images that it begins with are made by debootstrap,
 * see base/Containerfile) and imports it where the kubelet looks; answers its reference. Built anew when a source has changed:
 * about five minutes with empty caches, one minute for new sources. Needs root and Debian's packages.
 */
export async function ensureSlipwayImage(settings: ClusterSettings): Promise<string> {
  const stamp = statePath(settings, 'image-slipway');
  const folder = join(dirname(settings.bin), 'images');
  mkdirSync(folder, { recursive: true });
  await withLock(join(folder, 'build.lock'), async () => {
    const hash = sourceHash();
    const known = existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
    if (known && (await importedImages(settings)).includes(REFERENCE)) return;
    await installBuildah();
    const images = new Images(folder, await baseTag());
    await images.ensureBases();
    say('building k8s/Containerfile');
    const file = await images.buildSlipway();
    say('importing the image');
    await importImage(settings, { reference: REFERENCE, file, remove: () => rmSync(file) });
    writeFileSync(stamp, hash);
  });
  return REFERENCE;
}

async function installBuildah(): Promise<void> {
  const missing = ['buildah', 'debootstrap'].filter((name) => !existsSync(join('/usr/bin', name)));
  const absent = missing.filter((name) => !existsSync(join('/usr/sbin', name)));
  if (absent.length === 0) return;
  say(`installing ${absent.join(', ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update'], { env });
  await run('apt-get', ['install', '-y', '--no-install-recommends', ...absent], { env });
}

function sourceHash(): string {
  const hash = createHash('sha256');
  for (const path of [...SOURCES, ...DESCRIPTIONS].flatMap((name) => filesBelow(join(SOURCE, name)))) {
    hash.update(path).update(readFileSync(path));
  }
  return hash.digest('hex');
}

function filesBelow(path: string): string[] {
  const entries = existsSync(path) ? readdirSafely(path) : [];
  return entries === undefined ? [path] : entries.sort().flatMap((name) => filesBelow(join(path, name)));
}

function readdirSafely(path: string): string[] | undefined {
  try {
    return readdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Other programs of this machine give other bases. */
async function baseTag(): Promise<string> {
  const node = join(ROOT, 'node_modules', 'node', 'bin', 'node');
  const versions = await Promise.all([
    run(node, ['--version']),
    run('npm', ['--version']),
    run('go', ['version']),
  ]);
  const description = readFileSync(join(import.meta.dirname, 'base', 'Containerfile'));
  return createHash('sha256').update(versions.join()).update(description).digest('hex').slice(0, 12);
}

/** One buildah storage of this machine's tests. */
class Images {
  readonly #folder: string;
  readonly #tag: string;

  constructor(folder: string, tag: string) {
    this.#folder = folder;
    this.#tag = tag;
  }

  /** Debian, with this machine's Node, npm and Go: stand-ins for the images of a registry. */
  async ensureBases(): Promise<void> {
    const there = await this.#buildah(['images', '--format={{.Name}}:{{.Tag}}']);
    if (BASES.every((target) => there.split('\n').includes(this.#base(target)))) return;
    const rootfs = join(this.#folder, 'rootfs');
    if (!existsSync(rootfs)) {
      say('making a Debian root file system with debootstrap');
      const fresh = `${rootfs}.new`;
      rmSync(fresh, { recursive: true, force: true });
      await run('nice', ['-n', '10', 'debootstrap', '--variant=minbase', 'bookworm', fresh]);
      renameSync(fresh, rootfs);
    }
    const [goroot, npmRoot] = await Promise.all([run('go', ['env', 'GOROOT']), run('npm', ['root', '-g'])]);
    const contexts = {
      rootfs,
      node: join(ROOT, 'node_modules', 'node', 'bin'),
      npm: join(npmRoot.trim(), 'npm'),
      go: goroot.trim(),
      certificates: '/etc/ssl/certs',
    };
    say('making the images that k8s/Containerfile begins with');
    const empty = join(this.#folder, 'empty');
    mkdirSync(empty, { recursive: true });
    for (const target of BASES) {
      const named = Object.entries(contexts).flatMap(([name, path]) => [`--build-context=${name}=${path}`]);
      const file = join(import.meta.dirname, 'base', 'Containerfile');
      await this.#build([
        `--target=${target}`,
        `--tag=${this.#base(target)}`,
        `--file=${file}`,
        ...named,
        empty,
      ]);
    }
  }

  /** The image as an OCI archive. */
  async buildSlipway(): Promise<string> {
    const [modules, cache] = (await run('go', ['env', 'GOMODCACHE', 'GOCACHE'])).trim().split('\n');
    const npmCache = (await run('npm', ['config', 'get', 'cache'])).trim();
    for (const path of [modules, cache, npmCache]) mkdirSync(path ?? '', { recursive: true });
    await this.#build([
      `--tag=${REFERENCE}`,
      `--file=${join(SOURCE, 'k8s', 'Containerfile')}`,
      `--ignorefile=${join(SOURCE, '.dockerignore')}`,
      `--build-arg=BUILD_IMAGE=${this.#base('build')}`,
      `--build-arg=NODE_IMAGE=${this.#base('runtime')}`,
      `--build-arg=GO_IMAGE=${this.#base('go')}`,
      ...[`${npmCache}:/opt`, `${modules}:/srv`, `${cache}:/media`].map((volume) => `--volume=${volume}`),
      SOURCE,
    ]);
    const file = join(this.#folder, 'slipway.tar');
    rmSync(file, { force: true });
    await this.#buildah(['push', REFERENCE, `oci-archive:${file}:${REFERENCE}`]);
    return file;
  }

  #base(target: (typeof BASES)[number]): string {
    return `localhost/slipway-base/${target}:${this.#tag}`;
  }

  async #build(args: readonly string[]): Promise<void> {
    await this.#buildah(['build', '--isolation=chroot', '--layers', '--pull=never', ...args]);
  }

  async #buildah(args: readonly string[]): Promise<string> {
    const storage = [
      `--root=${join(this.#folder, 'storage')}`,
      `--runroot=${join(this.#folder, 'run')}`,
      '--storage-driver=overlay',
    ];
    return run('nice', ['-n', '10', 'buildah', ...storage, ...args]);
  }
}
