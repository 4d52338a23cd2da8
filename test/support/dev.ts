import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SlipwayClient } from '../../src/client/index.ts';
import { pidDirectory } from '../../src/embedded/processes/pid-files.ts';

const MAIN = fileURLToPath(new URL('../../bin/slipway.mjs', import.meta.url));

/** A `slipway dev` that a test has started as a user would. */
export interface RunningDev {
  client: SlipwayClient;
  addresses: { endpoint: string; token: string; temporal: string; temporalUi: string; prometheus: string };
  stateDir: string;
  /** Pid of a part, for example `worker`. */
  pidOf(name: string): Promise<number>;
  /** Ends it with Ctrl-C and answers its exit code. */
  stop(): Promise<number | null>;
}

/** Starts `slipway dev -o json` on a fresh state directory and waits for its one line. */
export async function startDevCommand(): Promise<RunningDev> {
  const stateDir = await mkdtemp(join(tmpdir(), 'slipway-e2e-'));
  const child = spawn(
    process.execPath,
    [MAIN, 'dev', '--state-dir', stateDir, '-o', 'json', '--log-level', 'warn'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let told = '';
  child.stderr.on('data', (chunk: Buffer) => {
    told += chunk.toString();
  });
  const line = await firstLine(child, () => told);
  const addresses = JSON.parse(line) as RunningDev['addresses'];
  return {
    client: new SlipwayClient({ endpoint: addresses.endpoint, token: addresses.token }),
    addresses,
    stateDir,
    pidOf: async (name) => {
      const text = await readFile(join(pidDirectory(stateDir), `${name}.pid.json`), 'utf8');
      return (JSON.parse(text) as { pid: number }).pid;
    },
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGINT');
      const [code] = (await ended) as [number | null];
      await rm(stateDir, { recursive: true, force: true });
      return code;
    },
  };
}

async function firstLine(child: ChildProcess, told: () => string): Promise<string> {
  if (child.stdout === null) throw new Error('no stdout');
  const ended = once(child, 'exit').then(() => {
    throw new Error(`slipway dev ended before it was ready:\n${told()}`);
  });
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), ended])) as [string];
  ended.catch(() => undefined); // its later end is what stop() waits for
  return line;
}
