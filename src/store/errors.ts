/** The database cannot be reached or started; the caller may try again once it is up. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** A secret cannot be read or written because the encryption key is missing or another one was used. */
export class SecretKeyError extends Error {
  override readonly name = 'SecretKeyError';
}

/** A line of an imported file is no evaluation; the message names the line. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
}
