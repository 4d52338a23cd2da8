/** A part of the embedded platform did not come up; the message names the part, the reason and its log. */
export class EmbeddedStartError extends Error {
  override readonly name = 'EmbeddedStartError';
}

/** A port that was asked for is taken by another program; ask for another one, or 0 for any. */
export class PortInUseError extends Error {
  override readonly name = 'PortInUseError';
}
