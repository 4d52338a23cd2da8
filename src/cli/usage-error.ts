/** What was typed cannot be meant: a missing file, a malformed option. Ends the command with exit code 3. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}
