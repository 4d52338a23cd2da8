import { KubernetesApiError, KubernetesUnreachableError } from '../../kubernetes/errors.ts';
import { PlatformRetryableError, PlatformTerminalError } from '../errors.ts';

/** A write that lost a race, or an object that was just being removed: the next attempt reads anew. */
const RACES = new Set([404, 409]);

/** Does the work and tells what Kubernetes answered in the platform's two kinds of errors. */
export async function asPlatformErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KubernetesUnreachableError)
      throw new PlatformRetryableError(error.message, { cause: error });
    if (error instanceof KubernetesApiError) {
      const Kind = RACES.has(error.status) ? PlatformRetryableError : PlatformTerminalError;
      throw new Kind(error.message, { cause: error });
    }
    throw error;
  }
}
