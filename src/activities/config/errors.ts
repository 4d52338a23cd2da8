/** The project, stage, service or file is not there. */
export class ConfigNotFoundError extends Error {
  override readonly name = 'ConfigNotFoundError';
}

/** The name or path is not acceptable (traversal, no entity name, too large). */
export class ConfigRefusedError extends Error {
  override readonly name = 'ConfigRefusedError';
}

/** The upstream repository did not answer or refused; the local copy is untouched. */
export class ConfigUnavailableError extends Error {
  override readonly name = 'ConfigUnavailableError';
}
