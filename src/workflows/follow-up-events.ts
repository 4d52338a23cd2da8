import { ENGINE_SOURCE, type KeptnEvent } from '../contracts/events.ts';
import type { SequenceRequest } from '../contracts/workflows.ts';
import { followUps } from '../sequence/follow-ups.ts';
import type { FinishSequence } from '../sequence/types.ts';
import type { EventParts } from './events.ts';

/** The events that trigger what follows the end of a run; none when it was aborted or timed out (Keptn 1.4.5). */
export function followUpEvents(
  { shipyard, input }: SequenceRequest,
  { outcome, result, forward, lastTask }: FinishSequence,
  newEvent: (parts: EventParts) => KeptnEvent,
): KeptnEvent[] {
  if (outcome !== 'finished') return [];
  const { stage, sequence } = input;
  const next = followUps(shipyard, {
    stage,
    sequence,
    result,
    forward,
    ...(lastTask === undefined ? {} : { lastTask }),
  });
  return next.map(({ type, data }) => {
    // A follow-up gets its own commit when it is triggered, so the event carries none.
    const { gitcommitid: _own, ...event } = newEvent({ type, source: ENGINE_SOURCE, data });
    return event;
  });
}
