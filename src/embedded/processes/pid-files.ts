import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSameProcess, type ProcessIdentity, signalGroup } from './identity.ts';

/** Directory of pid files below a state directory. */
export function pidDirectory(stateDir: string): string {
  return join(stateDir, 'run');
}

/** Records a child at once and synchronously: a crash right after the start must still find it. */
export function writePidFile(stateDir: string, name: string, identity: ProcessIdentity): void {
  mkdirSync(pidDirectory(stateDir), { recursive: true });
  writeFileSync(pidFile(stateDir, name), JSON.stringify(identity));
}

/** Forgets a child that has ended; a file that is gone is no error. */
export function removePidFile(stateDir: string, name: string): void {
  rmSync(pidFile(stateDir, name), { force: true });
}

function pidFile(stateDir: string, name: string): string {
  return join(pidDirectory(stateDir), `${name}.pid.json`);
}

function readPidFiles(directory: string): { file: string; identity: ProcessIdentity | undefined }[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return []; // no directory: nothing was ever started
  }
  return names
    .filter((name) => name.endsWith('.pid.json'))
    .map((name) => ({ file: join(directory, name), identity: parse(join(directory, name)) }));
}

function parse(file: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('startTime' in value)) return;
    if (typeof value.pid !== 'number' || value.pid <= 1) return;
    return { pid: value.pid, startTime: String(value.startTime) };
  } catch {
    return undefined; // a half-written file names no process that could be ended safely
  }
}

/**
 * Ends every recorded process that still lives (SIGTERM to its group, SIGKILL after `graceMilliseconds`) and removes the files.
 * A reused process id is never touched: the start time must match. Answers the process ids that were ended.
 */
export async function endRecordedProcesses(stateDir: string, graceMilliseconds: number): Promise<number[]> {
  const recorded = readPidFiles(pidDirectory(stateDir));
  const alive = recorded.flatMap(({ identity }) => (identity && isSameProcess(identity) ? [identity] : []));
  for (const { pid } of alive) signalGroup(pid, 'SIGTERM');
  if (!(await areGone(alive, graceMilliseconds))) {
    for (const identity of alive) if (isSameProcess(identity)) signalGroup(identity.pid, 'SIGKILL');
    await areGone(alive, 5000);
  }
  for (const { file, identity } of recorded) {
    // A supervisor that has started meanwhile may have written the same name for its own child.
    if (parse(file)?.pid === identity?.pid) rmSync(file, { force: true });
  }
  return alive.map(({ pid }) => pid);
}

async function areGone(identities: ProcessIdentity[], withinMilliseconds: number): Promise<boolean> {
  const until = Date.now() + withinMilliseconds;
  while (identities.some(isSameProcess)) {
    if (Date.now() >= until) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}
