import { readFile } from 'node:fs/promises';
import { UsageError } from './usage-error.ts';

/** Bytes of a file, or of stdin for `-`. Throws UsageError that names the file. */
export async function readInput(path: string): Promise<Buffer> {
  if (path === '-') return readStdin();
  try {
    return await readFile(path);
  } catch (error) {
    throw new UsageError(
      `cannot read ${path}: ${reasonOf(error)}`,
      'correct the path; it counts from the working directory',
    );
  }
}

/** Why a file operation failed, in words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'no such file or directory';
    case 'EISDIR':
      return 'it is a directory';
    case 'EACCES':
      return 'permission denied';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

const MAX_STDIN_BYTES = 8 * 1024 * 1024;

async function readStdin(): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    const part = Buffer.from(chunk);
    size += part.length;
    if (size > MAX_STDIN_BYTES)
      throw new UsageError(`stdin has more than ${MAX_STDIN_BYTES} bytes`, 'send less');
    parts.push(part);
  }
  return Buffer.concat(parts);
}
