import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { say } from './command.ts';

/** Holds a lock file while the work runs; waits for another holder, and takes over from one that has died. */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  let told = false;
  while (!take(file)) {
    const holder = Number(readFileSync(file, 'utf8').trim() || '0');
    if (holder > 0 && !existsSync(`/proc/${holder}`)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!told) say(`waiting for process ${holder}, which holds ${file}`);
    told = true;
    await delay(500);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  try {
    const handle = openSync(file, 'wx');
    writeSync(handle, String(process.pid));
    closeSync(handle);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
