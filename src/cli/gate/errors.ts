/**
 * Thrown when a file or a line given to a gate command cannot be used. The message names the place
 * (`values.json: [3].value: …`) and what was expected; the command ends with exit code 3.
 */
export class GateInputError extends Error {
  override readonly name = 'GateInputError';
}
