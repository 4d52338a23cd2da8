/** Another supervisor that is alive uses the same state directory; stop it or choose another with --state-dir. */
export class StateDirectoryInUseError extends Error {
  override readonly name = 'StateDirectoryInUseError';
}

/** A child process could not be started, ended before it was ready, or was not ready in time; the message ends with its last log lines. */
export class ProcessStartError extends Error {
  override readonly name = 'ProcessStartError';
}
