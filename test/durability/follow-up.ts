import { type KeptnEvent, parseEventType } from '../../src/contracts/events.ts';
import type { SequenceRequest } from '../../src/contracts/workflows.ts';
import { resolveSequence } from '../../src/sequence/follow-ups.ts';

/** The request that a `<stage>.<sequence>.triggered` event of this run makes; the shipyard is the pinned one. */
export function followUpRequest(
  { input, shipyard, ...rest }: SequenceRequest,
  stage: string,
  sequence: string,
  event?: KeptnEvent,
): SequenceRequest {
  const resolved = resolveSequence(shipyard, stage, sequence);
  if (!resolved.found) throw new Error(resolved.message);
  return {
    ...rest,
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
