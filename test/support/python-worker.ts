import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheRoot } from '../../src/embedded/tools/cache.ts';

const DEMO = fileURLToPath(new URL('../../demo/external-worker/', import.meta.url));

/** Why the demo's worker cannot run on this machine, or undefined when it can. */
export function noPython(): string | undefined {
  const { status } = spawnSync('python3', ['-c', 'import venv, ensurepip'], { stdio: 'ignore' });
  return status === 0 ? undefined : 'python3 with venv is not installed';
}

/** Python with the demo's requirements, made once in the cache; another version of them gets another one. */
export async function demoPython(): Promise<string> {
  const requirements = join(DEMO, 'requirements.txt');
  const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const home = join(cacheRoot(), 'python', `external-worker-${version}`);
  const python = join(home, 'bin', 'python');
  if (existsSync(python)) return python;
  await mkdir(dirname(home), { recursive: true });
  const making = await mkdtemp(`${home}-`);
  try {
    run('python3', ['-m', 'venv', making]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    run(join(making, 'bin', 'python'), [...pip, '--requirement', requirements]);
    await rename(making, home).catch((error: unknown) => {
      if (!existsSync(python)) throw error; // another test run was faster
    });
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return python;
}

/** Starts demo/external-worker/worker.py; answers how to end it. */
export function startPythonWorker(
  python: string,
  temporalAddress: string,
): { stop(): Promise<void>; log(): string } {
  const child = spawn(python, [join(DEMO, 'worker.py')], {
    env: { ...process.env, TEMPORAL_ADDRESS: temporalAddress },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let told = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      told += chunk.toString();
    });
  }
  return {
    log: () => told,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function run(command: string, args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 180_000 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
}
