/** No source could provide the program; the message lists what was tried, in order, and what to do. */
export class ToolNotFoundError extends Error {
  override readonly name = 'ToolNotFoundError';
}

/** One source could not provide the program; the resolver goes on to the next and keeps the message for its report. */
export class ToolSourceError extends Error {
  override readonly name = 'ToolSourceError';
}
