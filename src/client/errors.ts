/** Anything that the SDK throws; `hint` says what to do about it. */
export class SlipwayError extends Error {
  override readonly name: string = 'SlipwayError';
  readonly hint: string | undefined;

  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** The API cannot be reached or did not answer in time. Start it, or correct the endpoint; a retry may succeed. */
export class UnreachableError extends SlipwayError {
  override readonly name = 'UnreachableError';
}

/** The API refused the token (401, 403). Give the token of this endpoint. */
export class UnauthorizedError extends SlipwayError {
  override readonly name = 'UnauthorizedError';
}

/** The project, stage, service, sequence, file or run does not exist. Correct its name, or create it first. */
export class NotFoundError extends SlipwayError {
  override readonly name = 'NotFoundError';
}

/** The API or the SDK refused the request as it is (400, 409, 413, 422, 424, 429). Change the request. */
export class RefusedError extends SlipwayError {
  override readonly name = 'RefusedError';
  /** HTTP status; undefined when the SDK refused before asking. */
  readonly status: number | undefined;

  constructor(message: string, hint?: string, status?: number) {
    super(message, hint);
    this.status = status;
  }
}

/** The API answered something that is not its contract: a server error, no JSON, a wrong shape. Look at its log. */
export class UnexpectedAnswerError extends SlipwayError {
  override readonly name = 'UnexpectedAnswerError';
}

/** Nothing waits for an approval there. Look at the run's status. */
export class NotWaitingError extends SlipwayError {
  override readonly name = 'NotWaitingError';
}

/** Several approvals wait; name the run by its Keptn context. */
export class AmbiguousApprovalError extends SlipwayError {
  override readonly name = 'AmbiguousApprovalError';
}

/** The run did not end within the time that the caller set; the run itself goes on. */
export class WaitTimeoutError extends SlipwayError {
  override readonly name = 'WaitTimeoutError';
}
