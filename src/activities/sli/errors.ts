/** The request can never succeed: a broken sli.yaml, a refused credential. Do not retry. */
export class SliTerminalError extends Error {
  override readonly name = 'SliTerminalError';
}

/** The provider did not answer, or asked to come back later; a retry may succeed. */
export class SliRetryableError extends Error {
  override readonly name = 'SliRetryableError';
}
