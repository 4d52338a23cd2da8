import { isGrpcServiceError } from '@temporalio/client';
import { UnreachableError } from './errors.ts';

/** The UnreachableError for an error of Temporal's connection: what could not be done, and what to do; any other error as it is. */
export function temporalAway(error: unknown, what: string, hint: string): unknown {
  if (!isGrpcServiceError(error)) return error;
  return new UnreachableError(`${what}: ${error.details || error.message}`, hint, { cause: error });
}
