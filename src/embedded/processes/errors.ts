/** Another supervisor that is alive uses the same state directory; stop it or choose another with --state-dir. */
export class StateDirectoryInUseError extends Error {
  override readonly name = 'StateDirectoryInUseError';
}

/** A child process could not be started, ended before it was ready, or was not ready in time; the message ends with its last log lines. */
export class ProcessStartError extends Error {
  override readonly name = 'ProcessStartError';
  /** `absent`: no such program; `ended`: it ended by itself; `timeout`: it runs but does not answer. */
  readonly reason: 'absent' | 'ended' | 'timeout';

  constructor(reason: ProcessStartError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
