/** Told one line per step, so that nobody waits before a silent terminal. */
export type OnProgress = (text: string) => void;

/** `<operating system>-<architecture>` as Node names them, for example `linux-x64`. */
export type ToolPlatform = string;

export interface FetchContext {
  /** Empty directory that becomes the cache entry when the source returns. */
  into: string;
  platform: ToolPlatform;
  onProgress: OnProgress;
}

export interface Fetched {
  program: string;
  /** The program must be started in its own directory tree, because it looks for files by relative paths. */
  startInRoot?: boolean;
}

/** One way to get a program; throws ToolSourceError when it cannot be had this way on this machine. */
export interface Source {
  /** For progress and error texts: what is fetched from where. */
  readonly description: string;
  readonly origin: 'download' | 'registry';
  /** Answers the program's path below `into`. */
  fetch(context: FetchContext): Promise<Fetched>;
}

/** An external program and where it comes from: one file per tool holds nothing but this. */
export interface Tool {
  readonly name: string;
  /** The release that Slipway is tested with; names the cache entry. */
  readonly pinned: string;
  /** Grows when the same release is unpacked in another way, so that what an older Slipway has cached is not used; default 1. */
  readonly revision?: number;
  /** Oldest release that is accepted from the PATH. */
  readonly minimum: string;
  /** Names that the program may have on the PATH, best first. */
  readonly programs: readonly string[];
  readonly versionArgs: readonly string[];
  /** First group is the version in the output of `versionArgs`. */
  readonly versionPattern: RegExp;
  /** Tried in order after PATH and cache. */
  readonly sources: readonly Source[];
  /** What a person can do when every source failed. */
  readonly advice: string;
}

export interface ResolvedTool {
  path: string;
  version: string;
  origin: 'path' | 'cache' | 'download' | 'registry';
  /** Working directory that the program needs; absent when any will do. */
  workingDirectory?: string;
}
