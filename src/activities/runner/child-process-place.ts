import { mkdir, open, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expandVariables } from './expand-variables.ts';
import { insideOf, KEPTN_ROOT } from './job-files.ts';
import { MAX_OUTPUT_BYTES } from './job-outputs.ts';
import type { RunRequest } from './runner.ts';

/** `/keptn` as a folder of its own in a text: not inside of another path, not the beginning of a longer name. */
const KEPTN_PATH = /(?<![\w/.-])\/keptn(?![\w.-])/g;

/** Writes the run's files into its directory. */
export async function placeFiles(files: RunRequest['files'], directory: string): Promise<void> {
  for (const { path, content } of files) {
    const target = join(directory, insideOf(path));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  }
}

/** Command and arguments with their variables, and with the run's directory where a container has /keptn. */
export function placedArguments({ command, args, env }: RunRequest, directory: string): string[] {
  return [...command, ...args].map((text) => placed(expandVariables(text, env), directory));
}

/** The run's own variables, with its directory where a container has /keptn. */
export function placedEnvironment({ env }: RunRequest, directory: string): { [name: string]: string } {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, placed(value, directory)]));
}

/** The working directory: a folder below /keptn, else the run's directory, because a container's folders are not here. */
export async function placedWorkingDirectory({ workingDir }: RunRequest, directory: string): Promise<string> {
  if (!workingDir.startsWith(`${KEPTN_ROOT}/`)) return directory;
  const folder = join(directory, insideOf(workingDir.slice(KEPTN_ROOT.length + 1)));
  await mkdir(folder, { recursive: true });
  return folder;
}

/** The files that the run was asked to leave, as far as they are there. */
export async function collectOutputs(
  { outputs = [] }: RunRequest,
  directory: string,
): Promise<{ [path: string]: Uint8Array }> {
  const found: { [path: string]: Uint8Array } = {};
  for (const path of outputs) {
    const content = await readBeginning(join(directory, insideOf(path)));
    if (content !== undefined) found[path] = content;
  }
  return found;
}

function placed(text: string, directory: string): string {
  return text.replaceAll(KEPTN_PATH, () => directory);
}

async function readBeginning(file: string): Promise<Uint8Array | undefined> {
  const handle = await open(file).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.min(size, MAX_OUTPUT_BYTES));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
