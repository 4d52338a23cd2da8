import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { ResolvedTool, Tool, ToolPlatform } from './tool.ts';

const entrySchema = z.object({
  program: z.string().min(1),
  version: z.string().min(1),
  source: z.string(),
  startInRoot: z.boolean().optional(),
});

/** What a cache directory's `tool.json` says about the program beside it. */
export type CacheEntry = z.infer<typeof entrySchema>;

/** `$SLIPWAY_CACHE`, else `$XDG_CACHE_HOME/slipway`, else `~/.cache/slipway`. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  if (env.SLIPWAY_CACHE) return env.SLIPWAY_CACHE;
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'slipway');
  return join(homedir(), '.cache', 'slipway');
}

/** Directory of a tool's pinned release for a platform; a new pin, or another way to unpack it, is a new directory. */
export function entryDirectory(root: string, tool: Tool, platform: ToolPlatform): string {
  const { name, pinned, revision = 1 } = tool;
  return join(root, 'tools', `${name}-${pinned}${revision > 1 ? `-r${revision}` : ''}-${platform}`);
}

/** The cached program, undefined when there is none; a damaged entry counts as none and is fetched anew. */
export async function readEntry(directory: string): Promise<Omit<ResolvedTool, 'origin'> | undefined> {
  const file = join(directory, 'tool.json');
  if (!existsSync(file)) return undefined;
  const parsed = entrySchema.safeParse(parseJson(await readFile(file, 'utf8')));
  if (!parsed.success) return undefined;
  const path = join(directory, parsed.data.program);
  if (!existsSync(path)) return undefined;
  return toTool(directory, parsed.data);
}

/** The program of a published entry. */
export function toTool(directory: string, entry: CacheEntry): Omit<ResolvedTool, 'origin'> {
  return {
    path: join(directory, entry.program),
    version: entry.version,
    ...(entry.startInRoot ? { workingDirectory: directory } : {}),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a half-written file of an older crash: the schema refuses undefined
  }
}

/**
 * Empty directory beside the entry, so that the later rename stays on one file system. The caller holds the entry's lock: what an
 * interrupted fetch has left is removed first.
 */
export async function makeStaging(directory: string): Promise<string> {
  await mkdir(dirname(directory), { recursive: true });
  for (const name of await readdir(dirname(directory))) {
    if (name.startsWith(`${basename(directory)}.part-`)) {
      await rm(join(dirname(directory), name), { recursive: true, force: true });
    }
  }
  return mkdtemp(`${directory}.part-`);
}

/** Turns a filled staging directory into the entry in one step: nobody ever sees half a program. */
export async function publishEntry(staging: string, directory: string, entry: CacheEntry): Promise<void> {
  await writeFile(join(staging, 'tool.json'), `${JSON.stringify(entry, undefined, 2)}\n`);
  await rm(directory, { recursive: true, force: true });
  await rename(staging, directory);
}
