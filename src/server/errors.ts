import type { FastifyError } from 'fastify';
import {
  ConfigNotFoundError,
  ConfigRefusedError,
  ConfigUnavailableError,
} from '../activities/config/errors.ts';
import { UnreachableError } from '../client/errors.ts';
import { SecretKeyError, StoreUnavailableError } from '../store/errors.ts';
import { RunsUnavailableError } from './runs.ts';

/** A refusal with the HTTP status and the text that the caller gets. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** `code` of the body where Keptn answers another one than the status. */
  readonly code: number;

  constructor(status: number, message: string, code = status) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Body of every error answer (Keptn 1.4.5). */
export interface ErrorBody {
  code: number;
  message: string;
}

/** Keptn's command line puts messages through a format function, where a percent sign garbles the text. */
export function safeMessage(message: string): string {
  return message.replaceAll('%', ' percent ');
}

/** Status and body for anything that was thrown; undefined when it is a defect that the caller cannot mend. */
export function knownError(error: unknown): { status: number; body: ErrorBody } | undefined {
  const answer = (status: number, message: string, code = status) => ({
    status,
    body: { code, message: safeMessage(message) },
  });
  if (error instanceof ApiError) return answer(error.status, error.message, error.code);
  if (error instanceof ConfigNotFoundError) return answer(404, keptnText(error.message));
  if (error instanceof ConfigRefusedError) return answer(400, error.message);
  if (error instanceof ConfigUnavailableError) return answer(424, error.message);
  if (error instanceof StoreUnavailableError) return answer(503, error.message);
  if (error instanceof SecretKeyError) return answer(500, error.message);
  if (error instanceof RunsUnavailableError || error instanceof UnreachableError)
    return answer(503, error.message);
  if (isFastifyError(error) && error.statusCode !== undefined && error.statusCode < 500) {
    return answer(error.statusCode, requestProblem(error));
  }
  return undefined;
}

/** Keptn's texts are "Stage not found" and so on, without the scope; the name of a missing project is told. */
function keptnText(message: string): string {
  return /^(?:Project|Stage|Service) not found/.exec(message)?.[0] ?? message;
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'statusCode' in error;
}

function requestProblem(error: FastifyError): string {
  if (error.statusCode === 413) return 'the request body is too large: send less, or split it';
  if (error instanceof SyntaxError) return `Invalid request format: the body is not JSON: ${error.message}`;
  return `Invalid request format: ${error.message}`;
}
