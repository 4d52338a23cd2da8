/** The run can never succeed: no such program, a refused file path. Do not retry. */
export class RunnerTerminalError extends Error {
  override readonly name = 'RunnerTerminalError';
}

/** The runner itself broke off; a retry may succeed. */
export class RunnerRetryableError extends Error {
  override readonly name = 'RunnerRetryableError';
}
