import {
  type EventData,
  KEPTN_SPEC_VERSION,
  type KeptnEvent,
  parseEventType,
  sequenceEventType,
} from '../contracts/events.ts';
import { fieldInAnyCase, type Json } from '../contracts/json.ts';
import { ApiError } from './errors.ts';
import type { EventDesk, EventDeskOptions } from './event-desk.ts';
import { uuidOf } from './keptn-context.ts';

/** A problem that opened for a service. */
export interface OpenProblem {
  keptnContext: string;
  source: string;
  /** Payload of the remediation's trigger. */
  data: EventData;
}

/** Starts the remediation of a problem once, however often it is reported; answers false when it was known. */
export async function openRemediation(
  now: () => Date,
  desk: EventDesk,
  problem: OpenProblem,
): Promise<boolean> {
  const type = sequenceEventType(problem.data.stage, 'remediation', 'triggered');
  if (parseEventType(type) === undefined) {
    throw new ApiError(400, `"${problem.data.stage}" is no stage name, so no remediation can start`);
  }
  const { project, stage, service } = problem.data;
  return desk.start({
    id: uuidOf(`${problem.keptnContext}/${project}/${stage}/${service}/remediation`),
    type,
    source: problem.source,
    specversion: '1.0',
    contenttype: 'application/json',
    time: now().toISOString(),
    shkeptncontext: problem.keptnContext,
    shkeptnspecversion: KEPTN_SPEC_VERSION,
    data: problem.data,
  });
}

/**
 * `sh.keptn.events.problem` (Keptn 1.4.5, dynatrace-service): OPEN with project, stage and service starts the remediation with
 * the whole notification as `problem`, RESOLVED or CLOSED ends it, any other state is only stored.
 */
export async function actOnProblem(
  options: EventDeskOptions,
  desk: EventDesk,
  event: KeptnEvent,
): Promise<void> {
  const { store, runs } = options;
  const place = placeOf(event.data);
  await store.appendEvents([{ ...event, data: { ...event.data, ...place } }]);
  // The older type says it by itself.
  const told = textOf(event.data, 'State') || (event.type.endsWith('.problem.open') ? 'OPEN' : '');
  const state = told.toUpperCase();
  if (place.stage === '' || place.service === '' || place.project === '') return;
  if (state === 'RESOLVED' || state === 'CLOSED') {
    await runs.problemClosed({ ...place, keptnContext: event.shkeptncontext });
  }
  if (state !== 'OPEN') return;
  await desk.requireService(place);
  const url = textOf(event.data, 'ProblemURL');
  await openRemediation(options.now, desk, {
    keptnContext: event.shkeptncontext,
    source: event.source,
    data: {
      ...place,
      ...(url === '' ? {} : { labels: { 'Problem URL': url } }),
      problem: { ...event.data },
    },
  });
}

/** Project, stage and service from the tags of the notification, or from its own fields. */
function placeOf(data: EventData): { project: string; stage: string; service: string } {
  const tags = new Map(
    textOf(data, 'Tags')
      .split(',')
      .map((tag): [string, string] => {
        const [key = '', value = ''] = tag.split(':');
        return [key.trim(), value.trim()];
      }),
  );
  const find = (name: 'project' | 'stage' | 'service'): string =>
    tags.get(`keptn_${name}`) || textOf(data, `Keptn${name}`) || data[name];
  return { project: find('project'), stage: find('stage'), service: find('service') };
}

function textOf(data: Json | undefined, key: string): string {
  const value = fieldInAnyCase(data, key);
  return typeof value === 'string' ? value : '';
}
