import type { EffectContext } from '../platform/platform.ts';

export interface RunRequest {
  /** Unique name of the run, stable over retries: an existing run of this name is joined, not started again. */
  name: string;
  namespace: string;
  image: string;
  argv: string[];
  /** Mounted below the working directory by their relative path. */
  files: { path: string; content: Uint8Array }[];
  env: { [name: string]: string };
  workingDir: string;
  /** Seconds until the run is stopped and counts as failed. */
  timeoutSeconds: number;
  limits: { cpu?: string; memory?: string };
  serviceAccount?: string;
}

export interface RunResult {
  exitCode: number;
  /** Standard output and error in order, cut to the newest 60 KB. */
  logs: string;
  timedOut: boolean;
}

/** Runs a tool to its end: a Kubernetes Job, or a child process on the embedded platform. */
export interface Runner {
  run(request: RunRequest, context: EffectContext): Promise<RunResult>;
}
