/**
 * Thrown when a file, an option or a line given to `simulate` cannot be used. The message names the place and
 * what was expected; correct the input and run the command again.
 */
export class SimulateInputError extends Error {
  override readonly name = 'SimulateInputError';
}
