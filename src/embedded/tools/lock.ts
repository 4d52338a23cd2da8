import { mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identifyProcess, isSameProcess, type ProcessIdentity } from '../processes/identity.ts';

/** Runs `work` while no other process runs it for the same file; the lock of a process that has died is taken over. */
export async function withFileLock<T>(
  file: string,
  onWait: (holder: number) => void,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  let told = false;
  while (!(await tryLock(file))) {
    const holder = await readHolder(file);
    if (holder ? !isSameProcess(holder) : await isAbandoned(file)) {
      await rm(file, { force: true });
      continue;
    }
    if (!told) onWait(holder?.pid ?? 0);
    told = true;
    await delay(100);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function tryLock(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(JSON.stringify(identifyProcess(process.pid)));
    await handle.close();
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** A lock that nobody has signed after ten seconds belongs to a process that died between making and writing it. */
async function isAbandoned(file: string): Promise<boolean> {
  const made = await stat(file).catch(() => undefined);
  return made !== undefined && Date.now() - made.mtimeMs > 10_000;
}

async function readHolder(file: string): Promise<ProcessIdentity | undefined> {
  try {
    const holder: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof holder === 'object' && holder !== null && 'pid' in holder && 'startTime' in holder) {
      return { pid: Number(holder.pid), startTime: String(holder.startTime) };
    }
    return undefined;
  } catch {
    return undefined; // just released, or not written yet: the caller looks again
  }
}
