import { readFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { GateInputError } from './errors.ts';

/** Where a gate command reads and writes; tests give streams of their own. */
export interface GateIo {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** The streams of this process. */
export const processIo: GateIo = process;

/** Reads a text file; a missing or unreadable file is an input error that names it. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new GateInputError(`cannot read ${path}: ${reason}`);
  }
}
