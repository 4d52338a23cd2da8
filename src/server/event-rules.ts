import { type KeptnEvent, parseEventType } from '../contracts/events.ts';
import { ApiError } from './errors.ts';

/** What the server does with an accepted event. */
export type EventPurpose = 'trigger' | 'task' | 'invalidation' | 'monitoring' | 'problem' | 'log';

/** Types that are neither of a task nor of a sequence. */
const SPECIAL: { [type: string]: EventPurpose } = {
  'sh.keptn.log.error': 'log',
  'sh.keptn.events.problem': 'problem',
  'sh.keptn.event.problem.open': 'problem',
  'sh.keptn.event.monitoring.configure': 'monitoring',
};

/** Checks an event from outside by Keptn 1.4.5's rules for its type; throws ApiError 400 with Keptn's texts. */
export function purposeOf(event: KeptnEvent): EventPurpose {
  const special = SPECIAL[event.type];
  if (special === 'monitoring') requireMonitoringFields(event);
  if (special !== undefined) return special;
  const parsed = parseEventType(event.type);
  if (parsed === undefined) throw new ApiError(400, 'unknown event type');
  if (parsed.of === 'sequence') {
    requireAction(parsed.kind, ['triggered']);
    requireScope(event);
    if (event.data.stage !== parsed.stage) {
      throw new ApiError(400, 'stage name in event data and in event type does not match');
    }
    return 'trigger';
  }
  requireAction(parsed.kind, ['started', 'finished', 'invalidated']);
  if (parsed.kind === 'invalidated') return 'invalidation';
  requireScope(event);
  if (!event.triggeredid) throw new ApiError(400, "mandatory field 'triggeredid' missing");
  if (parsed.kind === 'finished') requireOutcome(event);
  return 'task';
}

function requireAction(kind: string, allowed: string[]): void {
  if (!allowed.includes(kind)) throw new ApiError(400, `unknown event type action: ${kind}`);
}

function requireScope({ data }: KeptnEvent): void {
  if (data.project === '' || data.stage === '' || data.service === '') {
    throw new ApiError(400, "mandatory field(s) 'project', 'stage' or 'service' missing");
  }
}

/** Any other text counts as a failure in the engine, as in Keptn; refusing it here would leave the task waiting. */
function requireOutcome({ data }: KeptnEvent): void {
  if (!data.result) throw new ApiError(400, 'result field is not set');
  if (!data.status) throw new ApiError(400, 'status field is not set');
}

/** `data.type` names the monitoring tool; the service is mandatory for some tools, which the client checks. */
function requireMonitoringFields({ data }: KeptnEvent): void {
  if (data.project !== '' && typeof data.type === 'string' && data.type !== '') return;
  throw new ApiError(400, "mandatory fields(s) 'project', 'service' or 'type' missing");
}
