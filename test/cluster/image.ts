import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { run } from './command.ts';
import { imagesInKind, loadIntoKind } from './kind.ts';
import { containerdSocket } from './node.ts';
import { program } from './programs.ts';
import type { ClusterSettings } from './settings.ts';

/** An OCI image archive on disk, made without a container engine. */
export interface ImageArchive {
  readonly reference: string;
  readonly file: string;
  /** Removes the archive and its working folder. */
  readonly remove: () => void;
}

/** Image of one static program. */
export async function binaryImage(
  reference: string,
  binary: string,
  args: readonly string[],
): Promise<ImageArchive> {
  return imageArchive(reference, [`/${basename(binary)}`, ...args], async (root) => {
    cpSync(binary, join(root, basename(binary)));
  });
}

/** Image of a Node.js program: the running Node, the libraries that `ldd` names, and the folder as /app. */
export async function nodeImage(
  reference: string,
  folder: string,
  argv: readonly string[],
): Promise<ImageArchive> {
  return imageArchive(reference, ['/bin/node', ...argv], async (root) => {
    await putProgram(process.execPath, join(root, 'bin', 'node'), root);
    cpSync(folder, join(root, 'app'), { recursive: true });
    mkdirSync(join(root, 'tmp'));
    chmodSync(join(root, 'tmp'), 0o1777);
    mkdirSync(join(root, 'etc'));
    writeFileSync(join(root, 'etc', 'passwd'), 'root:x:0:0:root:/:/bin/false\n');
    writeFileSync(join(root, 'etc', 'nsswitch.conf'), 'hosts: files dns\n');
  });
}

/** Imports the image where the kubelet looks, and removes the archive. */
export async function importImage(settings: ClusterSettings, image: ImageArchive): Promise<void> {
  if (settings.kind) await loadIntoKind(settings, image.file);
  else {
    const ctr = program(settings, 'ctr');
    await run(ctr, ['-a', containerdSocket(settings), '-n', 'k8s.io', 'images', 'import', image.file]);
  }
  image.remove();
}

/** Images that the cluster's containerd holds. */
export async function importedImages(settings: ClusterSettings): Promise<string[]> {
  if (settings.kind) return imagesInKind(settings);
  const ctr = program(settings, 'ctr');
  const names = await run(ctr, ['-a', containerdSocket(settings), '-n', 'k8s.io', 'images', 'ls', '-q']);
  return names.split('\n').filter((name) => name !== '');
}

/** A program of this machine together with the libraries that `ldd` names. */
export async function putProgram(from: string, to: string, root: string): Promise<void> {
  put(realpathSync(from), to);
  await putNeeded(realpathSync(from), root);
}

/** The libraries that `ldd` names for a program or a shared object, those outside of the image's own folders. */
export async function putNeeded(file: string, root: string): Promise<void> {
  const libraries = await run('ldd', [file]);
  for (const [path] of libraries.matchAll(/\/\S+/g)) {
    if (path.endsWith(':') || path.startsWith(root) || existsSync(join(root, path))) continue;
    put(realpathSync(path), join(root, path));
  }
}

function put(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
  chmodSync(to, 0o755);
}

/** Image of a root file system that `fill` lays out. */
export async function imageArchive(
  reference: string,
  entrypoint: readonly string[],
  fill: (root: string) => Promise<void>,
): Promise<ImageArchive> {
  const work = mkdtempSync(join(tmpdir(), 'slipway-image-'));
  const root = join(work, 'root');
  const blobs = join(work, 'oci', 'blobs', 'sha256');
  mkdirSync(root);
  mkdirSync(blobs, { recursive: true });
  await fill(root);
  const layer = join(work, 'layer.tar');
  const reproducible = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  await run('tar', ['-C', root, ...reproducible, '-cf', layer, '.']);
  const layerDigest = await sha256(layer);
  await run('mv', [layer, join(blobs, layerDigest)]);
  const store = (value: unknown): { digest: string; size: number } => {
    const bytes = Buffer.from(JSON.stringify(value));
    const digest = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(blobs, digest), bytes);
    return { digest: `sha256:${digest}`, size: bytes.length };
  };
  const config = store({
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: { Entrypoint: entrypoint, Env: ['PATH=/bin:/usr/bin'], WorkingDir: '/' },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layerDigest}`] },
  });
  const media = 'application/vnd.oci.image';
  const manifest = store({
    schemaVersion: 2,
    mediaType: `${media}.manifest.v1+json`,
    config: { mediaType: `${media}.config.v1+json`, ...config },
    layers: [
      {
        mediaType: `${media}.layer.v1.tar`,
        digest: `sha256:${layerDigest}`,
        size: statSync(join(blobs, layerDigest)).size,
      },
    ],
  });
  const index = {
    schemaVersion: 2,
    manifests: [
      {
        mediaType: `${media}.manifest.v1+json`,
        ...manifest,
        // containerd names the image by the first annotation.
        annotations: {
          'io.containerd.image.name': reference,
          'org.opencontainers.image.ref.name': reference.split(':').at(-1),
        },
      },
    ],
  };
  writeFileSync(join(work, 'oci', 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(work, 'oci', 'index.json'), JSON.stringify(index));
  const file = join(work, 'image.tar');
  await run('tar', ['-C', join(work, 'oci'), '-cf', file, '.']);
  return { reference, file, remove: () => rmSync(work, { recursive: true, force: true }) };
}

async function sha256(file: string): Promise<string> {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
