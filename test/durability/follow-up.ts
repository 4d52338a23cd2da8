import { type KeptnEvent, parseEventType } from '../../src/contracts/events.ts';
import type { SequenceRequest } from '../../src/contracts/workflows.ts';
import { resolveSequence } from '../../src/sequence/follow-ups.ts';

/** What a follow-up runs, for the `occurrence`-th time in its context, default 1, and the event that asked for it. */
export interface FollowUp {
  stage: string;
  sequence: string;
  occurrence?: number;
  event?: KeptnEvent;
}

/** The request that a `<stage>.<sequence>.triggered` event of this run makes; the shipyard is the pinned one. */
export function followUpRequest(
  { input, shipyard, together: _group, ...rest }: SequenceRequest,
  { stage, sequence, occurrence = 1, event }: FollowUp,
): SequenceRequest {
  const resolved = resolveSequence(shipyard, stage, sequence);
  if (!resolved.found) throw new Error(resolved.message);
  return {
    ...rest,
    occurrence,
    shipyard,
    input: {
      ...input,
      stage,
      sequence,
      tasks: resolved.definition.tasks,
      triggeredId: event?.id ?? input.triggeredId,
      triggerData: event?.data ?? input.triggerData,
    },
  };
}

/** Stage and sequence that an event asks to start. */
export function askedFor(event: KeptnEvent): { stage: string; sequence: string } {
  const parsed = parseEventType(event.type);
  if (parsed?.of !== 'sequence') throw new Error(`${event.type} does not start a sequence`);
  return parsed;
}
