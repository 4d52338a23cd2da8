import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** Runs a program to its end and answers its standard output; the error has the end of what it wrote. */
export async function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  try {
    const { stdout } = await exec(program, args, {
      maxBuffer: 64 * 1024 * 1024,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, ...options.env },
    });
    return stdout;
  } catch (error) {
    const { stderr = '', code } = error as { stderr?: string; code?: unknown };
    throw new Error(`${program} ${args.join(' ')} failed (${String(code)}): ${stderr.trim().slice(-2000)}`);
  }
}

/** Runs a program whose failure is an answer too. */
export async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  try {
    await exec(program, args);
    return true;
  } catch {
    return false;
  }
}

/** Polls until the probe answers something other than undefined or false; throws after `seconds`, naming what was awaited. */
export async function until<T>(
  what: string,
  seconds: number,
  probe: () => Promise<T | undefined | false>,
  everyMs = 50,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await delay(everyMs);
  }
}

/** True when the address answers with status 200. */
export async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

const started = Date.now();

/** Progress on standard error, with the seconds since the start. */
export function say(text: string): void {
  process.stderr.write(`[${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s] ${text}\n`);
}
