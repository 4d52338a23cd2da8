import type { Settings } from './load.ts';

/** Who runs the process and how its outside listens to it. */
export interface RunOptions {
  settings: Settings;
  /** Fires on the first SIGINT or SIGTERM: stop in order, then return. */
  signal: AbortSignal;
  /** `json` prints machine-readable lines on stdout and nothing else there. */
  output: 'table' | 'json';
}

/** Options of `slipway dev`; an absent port means any free one. */
export interface DevOptions extends RunOptions {
  stateDir: string;
  port?: number;
  temporalPort?: number;
  uiPort?: number;
  prometheusPort?: number;
  /** Nothing is kept after the end. */
  inMemory: boolean;
}

/** Options of `slipway demo`. */
export interface DemoOptions extends RunOptions {
  /** Absent: a temporary one, removed at the end. */
  stateDir?: string;
  /** Leaves everything up after the last act until Ctrl-C. */
  keep: boolean;
  /** Divides the load and evaluation times; 1 is the normal speed. */
  speed: number;
  /** Only this act, 1 to 3. */
  act?: number;
}

/** Options of `slipway worker`. */
export interface WorkerOptions extends RunOptions {
  stateDir: string;
  storeUrl?: string;
  gitDir?: string;
  prometheusUrl?: string;
}

/** Options of `slipway server`. */
export interface ServerOptions extends RunOptions {
  stateDir: string;
  host: string;
  /** 0 takes a free port. */
  port: number;
  token?: string;
  storeUrl?: string;
  gitDir?: string;
}

/** What a run ends with: the process's exit code (0 done as wanted, 2 another outcome than wanted). */
export interface RunEnd {
  exitCode: number;
}
