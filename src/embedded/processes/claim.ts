import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StateDirectoryInUseError } from './errors.ts';
import { identifyProcess, isSameProcess, type ProcessIdentity } from './identity.ts';
import { pidDirectory } from './pid-files.ts';

/** Makes this process the supervisor of a state directory. Throws StateDirectoryInUseError when another that is alive holds it. */
export function claimStateDirectory(stateDir: string): void {
  const file = claimFile(stateDir);
  const own = JSON.stringify(identifyProcess(process.pid));
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(file, own, { flag: 'wx' });
    return;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const holder = stateDirectoryHolder(stateDir);
  if (holder) {
    throw new StateDirectoryInUseError(
      `the state directory ${stateDir} is in use by process ${holder.pid}; stop it, or choose another directory with --state-dir`,
    );
  }
  writeFileSync(file, own);
}

/** Gives the state directory back. */
export function releaseStateDirectory(stateDir: string): void {
  rmSync(claimFile(stateDir), { force: true });
}

/** The supervisor that holds the state directory, undefined when there is none alive. */
export function stateDirectoryHolder(stateDir: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(claimFile(stateDir), 'utf8'));
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('startTime' in value)) return;
    const holder = { pid: Number(value.pid), startTime: String(value.startTime) };
    return isSameProcess(holder) ? holder : undefined;
  } catch {
    return undefined; // no claim, or half-written by a supervisor that died then
  }
}

function claimFile(stateDir: string): string {
  return join(pidDirectory(stateDir), 'supervisor.json');
}
