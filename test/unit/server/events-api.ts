import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { KeptnEvent } from '../../../src/contracts/events.ts';
import { type Answer, Api } from './api.ts';

const SCOPE = { project: 'flow', stage: 'qa', service: 'svc' };

/** What the tests of events do with the API. */
export interface EventsApi {
  api: Api;
  /** It has the stages `qa` and `production` and the service `svc`. */
  project: string;
  send(body: unknown): Promise<Answer>;
  /** Sends an event that is taken, and answers its context. */
  contextOf(body: unknown): Promise<string>;
  /** The events that the datastore answers to a query. */
  stored(query: string): Promise<KeptnEvent[]>;
  /** What the engine does when it asks somebody to carry out a task. */
  openTask(task: string, keptnContext: string): Promise<KeptnEvent>;
}

/** Called inside `describe`: starts the API before its tests, with an engine that is there before each of them. */
export function eventsApi(): EventsApi {
  const api = new Api();
  const { project } = SCOPE;
  before(async () => {
    await api.start();
    await api.project(project);
  });
  after(() => api.stop());
  beforeEach(() => {
    api.runs.down = false;
  });

  const send = (body: unknown) => api.post('/v1/event', body);
  return {
    api,
    project,
    send,
    contextOf: async (body) => {
      const { status, json, text } = await send(body);
      assert.equal(status, 200, text);
      return String(json.keptnContext);
    },
    stored: async (query) => {
      const { json, text } = await api.get(`/mongodb-datastore/event?${query}`);
      assert.ok(Array.isArray(json.events), text);
      return json.events as KeptnEvent[];
    },
    openTask: async (task, keptnContext) => {
      const event: KeptnEvent = {
        id: randomUUID(),
        type: `sh.keptn.event.${task}.triggered`,
        source: 'shipyard-controller',
        specversion: '1.0',
        contenttype: 'application/json',
        time: new Date().toISOString(),
        shkeptncontext: keptnContext,
        data: SCOPE,
      };
      await api.store.appendEvents([event], {
        openFor: [{ eventId: event.id, workflowId: `w/${event.id}` }],
      });
      return event;
    },
  };
}

/** An integration's answer to an open task: passed, unless `changes` of its data say otherwise. */
export function answerTo(
  open: Pick<KeptnEvent, 'id' | 'type' | 'shkeptncontext'>,
  kind: 'started' | 'finished',
  changes: { [key: string]: unknown } = {},
) {
  return {
    type: open.type.replace('triggered', kind),
    source: 'greetings-service',
    shkeptncontext: open.shkeptncontext,
    triggeredid: open.id,
    data: { ...SCOPE, status: 'succeeded', result: 'pass', ...changes },
  };
}
