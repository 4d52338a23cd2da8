import { setTimeout as delay } from 'node:timers/promises';
import type { Activities, RecordRequest, TaskFinished } from '../../src/contracts/activities.ts';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import type { QueueScope } from '../../src/contracts/ids.ts';
import { isJsonObject, type JsonObject } from '../../src/contracts/json.ts';
import type { World } from './world.ts';

/** Long enough that a kill finds steps half done, in milliseconds. */
const STEP_MS = 15;

/** Actions of a remediation, and what scaling leads to. */
const ACTIONS = 2;
const REPLICAS = 3;

/** Activities that act on the file of their service's world, with the idempotency rules of the real ones. */
export function worldActivities(
  worldOf: (service: string) => World,
  startFollowUp: (event: KeptnEvent) => Promise<void>,
): Activities {
  const store = (run: { service: string }, events: KeptnEvent[]): void => {
    for (const event of events) {
      worldOf(run.service).add({ kind: 'event', key: event.id, what: nameOf(event), event });
    }
  };
  const record = async ({ run, events }: RecordRequest): Promise<void> => store(run, events);
  const change = async (service: string, key: string, what: string): Promise<void> => {
    await delay(STEP_MS);
    worldOf(service).add({ kind: 'change', key, what });
    await delay(STEP_MS);
  };
  const level = async (service: string, name: string, value: string): Promise<void> => {
    await delay(STEP_MS);
    worldOf(service).set(name, value);
    await delay(STEP_MS);
  };
  return {
    beginTask: async (request) => {
      const { run, events, triggered, started } = request;
      const external = request.task === 'smoke';
      store(run, [...events, triggered, ...(external ? [] : [started])]);
      return external ? { kind: 'responders', names: ['smoke-service'] } : { kind: 'builtin' };
    },
    recordEvents: record,
    finishSequence: async (request) => {
      store(request.run, [...request.events, ...request.followUps]);
      for (const event of request.followUps) {
        await startFollowUp(event);
        worldOf(request.run.service).add({ kind: 'start', key: event.id, what: nameOf(event) });
      }
    },
    deploy: async ({ triggered }) => {
      const { service } = triggered.data;
      await change(service, `deploy ${triggered.id}`, 'deploy');
      await level(service, 'canary', 'new');
      return { deployment: { deploymentstrategy: 'duplicate' }, firstDeployment: false };
    },
    shiftTraffic: ({ service, primary, canary }) => level(service, 'weights', `${primary}/${canary}`),
    promote: async ({ service, key }) => {
      await change(service, `promote ${key}`, 'promote');
      await level(service, 'primary', 'new');
    },
    drain: async () => {
      await delay(STEP_MS);
    },
    retire: ({ service, side }) => level(service, side, 'gone'),
    users: async () => ({ onCanary: 0, primaryReady: true }),
    endWarm: async () => 'nothing',
    scale: async ({ service, increment, key }) => {
      await change(service, `scale ${key}`, `scale by ${increment}`);
      return REPLICAS;
    },
    prepareEvaluation: async ({ project, stage, service, triggered }) => {
      await delay(STEP_MS);
      const result = verdictOf(worldOf(service), triggered);
      const finished = { project, stage, service, status: 'succeeded', result } as const;
      return { outcome: 'finished', finished: { ...finished, message: 'judged' } };
    },
    fetchSlis: async ({ start, end }) => {
      const read = { status: 'succeeded', result: 'pass', message: '' } as const;
      return { ...read, start, end, values: [] };
    },
    fetchSamples: async () => ({ samples: {}, problems: [] }),
    saveEvaluation: async ({ finished }) => store(finished.data, [finished]),
    runTest: async ({ triggered }) => {
      await change(triggered.data.service, `test ${triggered.id}`, 'test');
      return done();
    },
    getAction: async ({ triggered }) => ({ ...done(), data: nextAction(triggered) }),
    runJobs: async () => done(),
    runWebhook: async () => done(),
  };
}

/** As the trigger says; a remediation has helped once it has carried out its last action. */
function verdictOf(world: World, { type: _type, data }: KeptnEvent): 'pass' | 'fail' {
  if ('problem' in data) {
    const asked = world.events().filter(({ type }) => type === 'sh.keptn.event.action.triggered');
    return asked.length < ACTIONS ? 'fail' : 'pass';
  }
  return data['x-verdict'] === 'fail' ? 'fail' : 'pass';
}

/** The scaling that get-action of remediation.yaml would answer. */
function nextAction({ data }: KeptnEvent): JsonObject {
  const asked = data['get-action'];
  const index = isJsonObject(asked) && typeof asked.actionIndex === 'number' ? asked.actionIndex : 0;
  return {
    action: { name: `action ${index + 1}`, action: 'scaling', value: '1' },
    'get-action': { actionIndex: index + 1 },
  };
}

function done(): TaskFinished {
  return { status: 'succeeded', result: 'pass', message: 'done', data: {} };
}

function nameOf({ type, data }: { type: string; data: QueueScope }): string {
  return `${type.replace('sh.keptn.event.', '')} @ ${data.stage}`;
}
