import type { KeptnEvent } from '../contracts/events.ts';

/** Temporal refuses arguments above 2 MiB, and repeats the workflow task for ever when a worker hands in a larger one. */
const LIMIT_BYTES = 1_900_000;

/** Throws for an event that no activity and no child workflow could be given, so that the task fails with a reason. */
export function refuseTooLarge({ type, data }: KeptnEvent): void {
  const text = JSON.stringify(data);
  // A character takes three bytes at most.
  if (text.length * 3 <= LIMIT_BYTES) return;
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= LIMIT_BYTES) return;
  throw new Error(
    `The payload of ${type} is too large: ${bytes} bytes, at most ${LIMIT_BYTES} can be handed on. ` +
      'Let the tasks before it answer with a link to their reports instead of the reports',
  );
}
