import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigurationError } from './errors.ts';

const schema = z.object({
  endpoint: z.url(),
  token: z.string(),
  temporal: z.string(),
  temporalUi: z.string().optional(),
  prometheus: z.string().optional(),
  pid: z.int().positive().optional(),
});

/** What a running `slipway dev` tells the other commands: addresses, the API token and its process id. */
export type DevState = z.infer<typeof schema>;

/** Path of the state file of `slipway dev`: `<state-dir>/dev.json`. */
export function devStateFile(stateDir: string): string {
  return join(stateDir, 'dev.json');
}

/**
 * The platform that runs on this state directory; undefined when there is none, also when the process that
 * wrote the file is gone. Throws ConfigurationError when the file is broken.
 */
export async function readDevState(stateDir: string): Promise<DevState | undefined> {
  const file = devStateFile(stateDir);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isErrorCode(error, 'ENOENT') || isErrorCode(error, 'ENOTDIR')) return undefined;
    throw new ConfigurationError(`${file} cannot be read: ${reasonOf(error)}`, 'correct its permissions');
  }
  const state = schema.safeParse(parseJson(text));
  if (!state.success) {
    throw new ConfigurationError(
      `${file} is not a state file of slipway dev`,
      'remove it and start `slipway dev` again',
    );
  }
  return state.data.pid === undefined || isAlive(state.data.pid) ? state.data : undefined;
}

/** Writes the state file in one step, readable for its owner only: it holds the token. */
export async function writeDevState(stateDir: string, state: DevState): Promise<void> {
  await mkdir(stateDir, { recursive: true });
  const file = devStateFile(stateDir);
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(state)}\n`, { mode: 0o600 });
  await rename(temporary, file);
}

/** Removes the state file; one that is not there is no error. */
export async function removeDevState(stateDir: string): Promise<void> {
  await rm(devStateFile(stateDir), { force: true });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrorCode(error, 'EPERM');
  }
}

function isErrorCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
