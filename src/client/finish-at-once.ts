import {
  ENGINE_SOURCE,
  KEPTN_SPEC_VERSION,
  type KeptnEvent,
  sequenceEventType,
} from '../contracts/events.ts';
import type { SequenceStateRow, Store } from '../store/store.ts';
import { derivedId } from './derived-id.ts';

/** Ends a sequence that cannot start: errored, with the reason. Its ids are made from the trigger's own, so doing it again changes nothing. */
export async function finishAtOnce(
  store: Store,
  event: KeptnEvent,
  end: { row: SequenceStateRow; message: string },
): Promise<void> {
  const { row, message } = end;
  const { project, stage, service, sequence } = row;
  const { labels } = event.data;
  const finished: KeptnEvent = {
    ...event,
    id: derivedId(event.id, 'finished'),
    type: sequenceEventType(stage, sequence, 'finished'),
    source: ENGINE_SOURCE,
    time: new Date().toISOString(),
    shkeptnspecversion: KEPTN_SPEC_VERSION,
    triggeredid: event.id,
    data: {
      project,
      stage,
      service,
      ...(labels === undefined ? {} : { labels }),
      status: 'errored',
      result: 'fail',
      message,
    },
  };
  await store.appendEvents([finished], { close: [event.id] });
  const state = { state: 'finished', status: 'errored', result: 'fail', time: finished.time };
  await store.saveSequenceState({ ...row, ...state });
}
