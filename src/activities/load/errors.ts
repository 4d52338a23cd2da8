/** The load configuration cannot be used, or the target is not reachable for good. Do not retry. */
export class LoadTerminalError extends Error {
  override readonly name = 'LoadTerminalError';
}

/** The tool broke off for a reason outside of the test; a retry may succeed. */
export class LoadRetryableError extends Error {
  override readonly name = 'LoadRetryableError';
}
