import { randomUUID } from 'node:crypto';
import {
  ENGINE_SOURCE,
  KEPTN_SPEC_VERSION,
  type KeptnEvent,
  parseEventType,
  sequenceEventType,
} from '../contracts/events.ts';
import type { Store } from '../store/store.ts';

/** Records a sequence that cannot start as created and at once finished, errored and failed (Keptn 1.4.5). */
export async function finishUnstarted(
  store: Store,
  event: KeptnEvent,
  { message, now }: { message: string; now: Date },
): Promise<void> {
  const parsed = parseEventType(event.type);
  if (parsed?.of !== 'sequence') return;
  const { project, stage, service, labels } = event.data;
  const outcome = { status: 'errored', result: 'fail' } as const;
  const time = now.toISOString();
  const finished: KeptnEvent = {
    id: randomUUID(),
    type: sequenceEventType(parsed.stage, parsed.sequence, 'finished'),
    source: ENGINE_SOURCE,
    specversion: '1.0',
    contenttype: 'application/json',
    time,
    shkeptncontext: event.shkeptncontext,
    shkeptnspecversion: KEPTN_SPEC_VERSION,
    triggeredid: event.id,
    data: { project, stage, service, ...(labels ? { labels } : {}), ...outcome, message },
  };
  await store.appendEvents([finished]);
  await store.saveSequenceState({
    project,
    stage,
    service,
    keptnContext: event.shkeptncontext,
    sequence: parsed.sequence,
    workflowId: `unstarted/${event.id}`,
    state: 'finished',
    ...outcome,
    time,
  });
}
