import type { KeptnEvent } from '../contracts/events.ts';
import { parseEventType } from '../contracts/events.ts';
import { sequenceWorkflowId } from '../contracts/ids.ts';
import type { SequenceRequest } from '../contracts/workflows.ts';
import { MAX_PAYLOAD_BYTES } from '../sequence/limits.ts';
import { type Group, readGroup } from '../sequence/together.ts';
import type { SequenceStateRow } from '../store/store.ts';
import { RefusedError } from './errors.ts';
import type { TriggerTarget } from './pinned-request.ts';

/** Stage and sequence by the event's type; throws RefusedError when the event cannot name a run. */
export function targetOf(event: KeptnEvent): TriggerTarget {
  const type = parseEventType(event.type);
  if (type?.of !== 'sequence' || type.kind !== 'triggered') {
    throw new RefusedError(
      `${event.type} does not trigger a sequence`,
      'send sh.keptn.event.<stage>.<sequence>.triggered',
    );
  }
  const { project, stage, service } = event.data;
  if (!project || !service || !event.shkeptncontext) {
    throw new RefusedError(
      'the event has no project, service or context',
      'give data.project and data.service',
    );
  }
  if (stage && stage !== type.stage) {
    throw new RefusedError(
      'stage name in event data and in event type does not match',
      `write ${type.stage} or ${stage} in both`,
    );
  }
  return { stage: type.stage, sequence: type.sequence };
}

/** The group that the run waits for; a sequence that promotes nothing, such as a rollback, waits for none. */
export function groupOf(event: KeptnEvent, { together }: SequenceRequest): Group | undefined {
  const group = together === undefined ? undefined : readGroup(event.data);
  return group !== undefined && 'id' in group ? group : undefined;
}

/** What Temporal would refuse each time it is sent; undefined for a request that it takes. */
export function tooLarge(request: SequenceRequest): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(request));
  if (bytes <= MAX_PAYLOAD_BYTES) return undefined;
  return (
    `its payload and its shipyard have ${bytes} bytes, at most ${MAX_PAYLOAD_BYTES} can be handed on; ` +
    'let the tasks before it answer with a link to their reports instead of the reports'
  );
}

/** The state of a run that has just been triggered; an event without a readable time is of now. */
export function stateRow(event: KeptnEvent, target: TriggerTarget, occurrence: number): SequenceStateRow {
  const { project, service } = event.data;
  const { shkeptncontext: keptnContext, time } = event;
  return {
    project,
    service,
    keptnContext,
    ...target,
    workflowId: sequenceWorkflowId({ project, service, keptnContext, ...target, occurrence }),
    state: 'triggered',
    time: Number.isNaN(Date.parse(time)) ? new Date().toISOString() : time,
  };
}
