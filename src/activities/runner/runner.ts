import type { JsonObject } from '../../contracts/json.ts';
import type { EffectContext } from '../platform/platform.ts';

/** Amounts as Kubernetes writes them (`500m`, `128Mi`). */
export interface RunResources {
  limits: { cpu?: string; memory?: string };
  requests: { cpu?: string; memory?: string };
}

export interface RunRequest {
  /** Unique name of the run, stable over retries: an existing run of this name is joined, not started again. */
  name: string;
  namespace: string;
  image: string;
  /** Program with its first arguments; empty means the image's own. `$(NAME)` here and in `args` becomes the variable, `$$(NAME)` stays. */
  command: string[];
  args: string[];
  /** Lie below /keptn by their relative path. */
  files: { path: string; content: Uint8Array }[];
  env: { [name: string]: string };
  /** Secrets of the namespace, all of whose keys become variables; those of `env` win. Kubernetes only. */
  envFromSecrets?: string[];
  /** Empty: the image's own; a child process has only folders below /keptn, and works in /keptn otherwise. */
  workingDir: string;
  /** Seconds until the run is stopped and counts as failed. */
  timeoutSeconds: number;
  resources: RunResources;
  /** Kubernetes' own default when absent. */
  imagePullPolicy?: string;
  serviceAccount?: string;
  /** Seconds for which the ended run is kept; default 21,600, at least 60 (job-executor-service). */
  ttlSecondsAfterFinished?: number;
  /** Fields of a container's security context, each instead of the default's. */
  securityContext?: JsonObject;
  annotations?: { [name: string]: string };
  /** Files that the run leaves below /keptn and that are handed back; the image then needs sh, gzip and base64. */
  outputs?: string[];
  /** Turns the newest output into a progress text while the run works; undefined tells nothing new. */
  progressOf?: (output: string) => string | undefined;
}

export interface RunResult {
  exitCode: number;
  /** Standard output and error in order, cut to the newest 60 KB. */
  logs: string;
  timedOut: boolean;
  /** Those of the asked files that were there, each cut to its first 16 MB; empty after a Kubernetes run that timed out. */
  outputs: { [path: string]: Uint8Array };
}

/** Runs a tool to its end: a Kubernetes Job, or a child process on the embedded platform. */
export interface Runner {
  run(request: RunRequest, context: EffectContext): Promise<RunResult>;
}
