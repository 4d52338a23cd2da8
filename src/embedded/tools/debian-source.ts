import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { ToolSourceError } from './errors.ts';
import type { Source } from './tool.ts';

/**
 * A program of a Debian package, unpacked into the cache without root and without installing it: apt verifies its signature, and
 * its version is the distribution's. Linux with apt-get and dpkg-deb only. `dataDirectory` is an absolute path that Debian has
 * compiled into the program; it is made relative to the cache entry, where the program is then started.
 */
export function debianPackage(name: string, program: string, dataDirectory?: string): Source {
  return {
    description: `Debian package ${name}`,
    origin: 'registry',
    async fetch({ into, platform, onProgress }) {
      if (!platform.startsWith('linux-'))
        throw new ToolSourceError(`Debian packages do not run on ${platform}`);
      const work = await mkdtemp(join(tmpdir(), 'slipway-deb-'));
      try {
        await download(name, work, onProgress);
        const file = (await readdir(work)).find((entry) => entry.endsWith('.deb'));
        if (!file) throw new ToolSourceError(`apt-get brought no package ${name}`);
        await runCommand('dpkg-deb', ['-x', join(work, file), into], { timeoutSeconds: 120 });
        if (dataDirectory === undefined) return { program };
        await relocate(join(into, program), dataDirectory);
        return { program, startInRoot: true };
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    },
  };
}

/** Own list and cache directories: the system's belong to root and may be empty or old. */
async function download(name: string, work: string, onProgress: (text: string) => void): Promise<void> {
  const apt = join(work, 'apt');
  await mkdir(join(apt, 'lists', 'partial'), { recursive: true });
  await mkdir(join(apt, 'cache', 'archives', 'partial'), { recursive: true });
  const options = [
    `Dir::State::lists=${join(apt, 'lists')}`,
    `Dir::Cache=${join(apt, 'cache')}`,
    'Debug::NoLocking=1',
    'APT::Sandbox::User=',
    'Acquire::Retries=1',
    'Acquire::http::Timeout=15',
    'Acquire::https::Timeout=15',
  ].flatMap((option) => ['-o', option]);
  onProgress('apt-get update (into a directory of our own)');
  await runCommand('apt-get', [...options, '-q', 'update'], { cwd: work, timeoutSeconds: 180 });
  onProgress(`apt-get download ${name}`);
  await runCommand('apt-get', [...options, '-q', 'download', name], { cwd: work, timeoutSeconds: 300 });
}

/** `/usr/share/x` becomes `usr/share/x/`: of the same length, so that nothing in the program moves. */
async function relocate(program: string, directory: string): Promise<void> {
  const content = await readFile(program);
  const [absolute, relative] = [Buffer.from(directory), Buffer.from(`${directory.slice(1)}/`)];
  let found = 0;
  for (let at = content.indexOf(absolute); at >= 0; at = content.indexOf(absolute, at + 1), found++) {
    relative.copy(content, at);
  }
  if (found === 0)
    throw new ToolSourceError(`${program} does not hold ${directory}: its package has changed`);
  await writeFile(program, content);
}
