import type { EffectContext } from '../platform/platform.ts';

/** A load tool where runs take place: the command that starts it, and for Kubernetes the image that holds it. */
export interface LoadProgram {
  command: string[];
  image: string;
}

/** Finds the real load tools; a text says why there is none and what to do. */
export interface LoadPrograms {
  jmeter(context: EffectContext): Promise<LoadProgram | string>;
  locust(context: EffectContext): Promise<LoadProgram | string>;
}

/** What every run of a load tool has besides its program. */
export interface LoadRunOptions {
  /** Namespace of the Job. Default `keptn`. */
  namespace?: string;
  /** Seconds until a test is stopped and counts as errored. Default 7,200. */
  timeoutSeconds?: number;
}

/** Seconds that a load test may take when nothing else is said. */
export const LOAD_TIMEOUT_SECONDS = 7200;
