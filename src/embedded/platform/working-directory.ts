import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { VerbRequest } from '../../activities/platform/local-protocol.ts';
import type { ServiceRef } from '../../activities/platform/platform.ts';

type Files = VerbRequest<'deploy'>['files'];

/** Folder with the working directories of a service, one per content. */
export function filesFolder(stateDir: string, { project, stage, service }: ServiceRef): string {
  return join(stateDir, 'platform', `${project}.${stage}.${service}`);
}

/** Lays the service's files into a directory named by their content, so that versions that run side by side do not mix. */
export async function layFiles(stateDir: string, ref: ServiceRef, files: Files): Promise<string> {
  const hash = createHash('sha256');
  for (const { path, base64 } of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    hash.update(`${path.length}:${path}${base64.length}:${base64}`);
  }
  const target = join(filesFolder(stateDir, ref), hash.digest('hex').slice(0, 16));
  if (existsSync(target)) return target;
  await mkdir(dirname(target), { recursive: true });
  const staging = await mkdtemp(`${target}.part-`);
  for (const { path, base64 } of files) {
    await mkdir(dirname(join(staging, path)), { recursive: true });
    await writeFile(join(staging, path), Buffer.from(base64, 'base64'), { mode: 0o755 });
  }
  await rename(staging, target);
  return target;
}

/** Removes all working directories of a service that is gone. */
export async function removeFiles(stateDir: string, ref: ServiceRef): Promise<void> {
  await rm(filesFolder(stateDir, ref), { recursive: true, force: true });
}
