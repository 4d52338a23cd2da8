import type { KeptnEvent } from '../contracts/events.ts';
import { MAX_PAYLOAD_BYTES } from '../sequence/limits.ts';

/** Throws for an event that no activity and no child workflow could be given, so that the task fails with a reason. */
export function refuseTooLarge({ type, data }: KeptnEvent): void {
  const text = JSON.stringify(data);
  // A character takes three bytes at most.
  if (text.length * 3 <= MAX_PAYLOAD_BYTES) return;
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= MAX_PAYLOAD_BYTES) return;
  throw new Error(
    `The payload of ${type} is too large: ${bytes} bytes, at most ${MAX_PAYLOAD_BYTES} can be handed on. ` +
      'Let the tasks before it answer with a link to their reports instead of the reports',
  );
}
