import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const schema = z.object({
  temporalAddress: z.string(),
  namespace: z.string(),
  storeUrl: z.string(),
  gitDirectory: z.string(),
  secretKeyFile: z.string(),
  prometheusUrl: z.url(),
  platform: z.object({ endpoint: z.url(), token: z.string() }),
});

/** How a worker reaches the parts of a running `slipway dev`: addresses, paths, and the local platform's token. */
export type EmbeddedAccess = z.infer<typeof schema>;

/** Path of the file: `<state-dir>/worker.json`. */
export function embeddedAccessFile(stateDir: string): string {
  return join(stateDir, 'worker.json');
}

/** Writes it in one step, readable for its owner only. */
export async function writeEmbeddedAccess(stateDir: string, access: EmbeddedAccess): Promise<void> {
  const file = embeddedAccessFile(stateDir);
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(access)}\n`, { mode: 0o600 });
  await rename(temporary, file);
}

/** What a `slipway dev` on this state directory has written; undefined when there is none. Throws for a broken file. */
export async function readEmbeddedAccess(stateDir: string): Promise<EmbeddedAccess | undefined> {
  let text: string;
  try {
    text = await readFile(embeddedAccessFile(stateDir), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return schema.parse(JSON.parse(text));
}
