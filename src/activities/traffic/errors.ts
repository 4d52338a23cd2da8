/** The weights were refused: they do not add up, or a side that should get traffic has no ready endpoint. Do not retry. */
export class TrafficTerminalError extends Error {
  override readonly name = 'TrafficTerminalError';
}

/** The data plane did not answer, or did not apply the weights in time; a retry may succeed. */
export class TrafficRetryableError extends Error {
  override readonly name = 'TrafficRetryableError';
}
