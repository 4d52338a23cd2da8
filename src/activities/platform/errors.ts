/** The platform cannot do this however often it is asked: a broken chart, an unknown image, a refused value. Do not retry. */
export class PlatformTerminalError extends Error {
  override readonly name = 'PlatformTerminalError';
}

/** The platform did not answer or a rollout did not get ready in time; a retry may succeed. */
export class PlatformRetryableError extends Error {
  override readonly name = 'PlatformRetryableError';
}
