import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ProcessSpec, type RunningProcess, startChild } from './child-process.ts';
import { claimStateDirectory, releaseStateDirectory } from './claim.ts';
import { endRecordedProcesses } from './pid-files.ts';

/** All child processes of one supervisor: none of them outlives it, however it ends. */
export interface ProcessGroup {
  readonly stateDir: string;
  start(spec: ProcessSpec, signal?: AbortSignal): Promise<RunningProcess>;
  /** Stops all children, newest first, then the watchdog. */
  stopAll(): Promise<void>;
}

/**
 * Takes a state directory: ends what an earlier supervisor has left there, and starts the watchdog that ends the children when
 * this process is killed. Throws StateDirectoryInUseError when another supervisor that is alive holds it.
 */
export async function openProcessGroup(directory: string): Promise<ProcessGroup> {
  const stateDir = resolve(directory);
  claimStateDirectory(stateDir);
  await endRecordedProcesses(stateDir, 3000);
  const watchdog = keepWatchdog(stateDir);
  const children = new Set<RunningProcess>();
  return {
    stateDir,
    async start(spec, signal) {
      const child = await startChild(stateDir, spec, signal);
      children.add(child);
      void child.exited.then(() => children.delete(child));
      return child;
    },
    async stopAll() {
      for (const child of [...children].reverse()) await child.stop();
      // Children that were still starting are recorded, not listed.
      await endRecordedProcesses(stateDir, 3000);
      releaseStateDirectory(stateDir);
      await watchdog.end();
    },
  };
}

/** Milliseconds before a watchdog that was killed is followed by another. */
const WATCHDOG_PAUSE_MS = 500;

/** A watchdog, and the next one when somebody kills it. */
function keepWatchdog(stateDir: string): { end(): Promise<void> } {
  let wanted = true;
  let reaper = startReaper(stateDir);
  const follow = (): void => {
    reaper.once('exit', () => {
      const timer = setTimeout(() => {
        if (!wanted) return;
        reaper = startReaper(stateDir);
        follow();
      }, WATCHDOG_PAUSE_MS);
      timer.unref();
    });
  };
  follow();
  return {
    end: () => {
      wanted = false;
      return endReaper(reaper);
    },
  };
}

function startReaper(stateDir: string): ChildProcess {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const program = fileURLToPath(new URL(`./reaper.${extension}`, import.meta.url));
  const reaper = spawn(process.execPath, [program, stateDir], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  reaper.on('error', () => undefined); // without a watchdog only kill -9 leaves processes, and the next start ends them
  reaper.stdin?.on('error', () => undefined);
  reaper.unref();
  if (reaper.stdin && 'unref' in reaper.stdin && typeof reaper.stdin.unref === 'function')
    reaper.stdin.unref();
  return reaper;
}

async function endReaper(reaper: ChildProcess): Promise<void> {
  if (reaper.pid === undefined || reaper.exitCode !== null || reaper.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => reaper.once('exit', () => resolve()));
  reaper.ref();
  reaper.stdin?.end();
  await ended;
}
