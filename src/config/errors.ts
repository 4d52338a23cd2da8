/** A configuration value, file or state file cannot be used; the message names the place and what to write there. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  /** What to do about it, one sentence. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}
