import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process that cannot be mistaken for a later one with the same number: its id and when it started. */
export interface ProcessIdentity {
  pid: number;
  /** Opaque text: clock ticks since boot on Linux, the date that `ps` prints elsewhere; empty when it could not be read. */
  startTime: string;
}

/** Who has this process id now; an empty start time when nobody has. */
export function identifyProcess(pid: number): ProcessIdentity {
  return { pid, startTime: readStartTime(pid) ?? '' };
}

/** True while exactly this process lives: a reused process id is another process, a zombie is none. */
export function isSameProcess(identity: ProcessIdentity): boolean {
  return identity.startTime !== '' && readStartTime(identity.pid) === identity.startTime;
}

function readStartTime(pid: number): string | undefined {
  if (process.platform === 'linux') return readLinuxStartTime(pid);
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    const [state = '', ...started] = line.split(/\s+/);
    return state.startsWith('Z') ? undefined : started.join(' ') || undefined;
  } catch {
    return undefined; // ps ends with 1 when there is no such process
  }
}

function readLinuxStartTime(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined; // no such process
  }
  // The second field is the name in parentheses, which may hold spaces; state is the third field, start time the 22nd.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

/** Signals a process and its whole process group (every child of ours leads one); false when it is gone already. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}
