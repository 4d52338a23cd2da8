import assert from 'node:assert/strict';
import { pino } from 'pino';
import { ScopedFiles } from '../../../src/activities/config/scoped-files.ts';
import { Listeners } from '../../../src/activities/executors/listeners.ts';
import type { Executor } from '../../../src/contracts/activities.ts';
import type { KeptnEvent } from '../../../src/contracts/events.ts';
import { ActivityWorld, eventOf, inContext, SCOPE } from '../../support/activity-world.ts';

const JOBS = `apiVersion: v2
actions:
  - name: note
    silent: true
    events: [{ name: sh.keptn.event.deployment.triggered }, { name: sh.keptn.event.smoke.triggered }]
    tasks: [{ name: note, image: alpine }]
  - name: clean
    events: [{ name: sh.keptn.event.test.finished, jsonpath: { property: $.data.result, match: fail } }]
    tasks: [{ name: clean, image: alpine }]
`;
const webhook = (type: string, more = '') =>
  `    - type: ${type}\n      subscriptionID: a\n${more}      requests: [{ url: 'http://chat.example/', method: POST }]\n`;
const WEBHOOKS = `apiVersion: webhookconfig.keptn.sh/v1beta1
kind: WebhookConfig
spec:
  webhooks:
${webhook('sh.keptn.event.*.finished')}${webhook('sh.keptn.event.dev.release-all.finished')}${webhook('sh.keptn.event.approval.triggered')}${webhook(
  'sh.keptn.event.release.triggered',
  '      sendStarted: false\n',
)}`;

describe('those who hear of events without answering them', () => {
  let world: ActivityWorld;
  const logged: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => logged.push(line) });
  before(async () => {
    world = await ActivityWorld.open();
    await world.write('job/config.yaml', JOBS);
    await world.write('webhook/webhook.yaml', WEBHOOKS, 'stage');
  });
  after(() => world.close());
  beforeEach(() => {
    logged.length = 0;
  });

  const listeners = () => new Listeners(new ScopedFiles(world.config), logger);
  const heard = async (event: KeptnEvent): Promise<[boolean, boolean] | undefined> => {
    const found = await listeners().of(event);
    return found && [found.jobs, found.webhooks];
  };
  const beside = async (task: string, executor: Executor): Promise<[boolean, boolean] | undefined> => {
    const found = await listeners().ofTask(await world.event(task), executor);
    return found && [found.jobs, found.webhooks];
  };

  it('are the jobs and webhooks whose file names the event, with its conditions', async () => {
    const finished = (result: string) => eventOf('sh.keptn.event.test.finished', { result });
    assert.deepEqual(await heard(finished('fail')), [true, true]);
    assert.deepEqual(await heard(finished('pass')), [false, true]);
    assert.equal(await heard(eventOf('sh.keptn.event.dev.delivery.finished')), undefined);
    assert.equal(await heard(eventOf('sh.keptn.event.test.started')), undefined);
    assert.deepEqual(await heard(eventOf('sh.keptn.event.dev.release-all.finished')), [false, true]);
  });

  it('hear of a task that somebody else carries out, not of one that they carry out themselves', async () => {
    assert.deepEqual(await beside('deployment', { kind: 'builtin' }), [true, false]);
    assert.deepEqual(await beside('deployment', { kind: 'responders', names: ['argo'] }), [true, false]);
    assert.equal(await beside('deployment', { kind: 'job' }), undefined);
    assert.deepEqual(await beside('approval', { kind: 'builtin' }), [false, true]);
    assert.equal(await beside('approval', { kind: 'webhook' }), undefined);
    assert.equal(await beside('evaluation', { kind: 'builtin' }), undefined);
  });

  it('leave a task to whoever answers, and are all that it has when nobody does', async () => {
    const told: string[] = [];
    const { beginTask } = world.activities({
      reactions: {
        toTask: async ({ type }, { kind }) => {
          told.push(`${type} ${kind}`);
        },
      },
    });
    const begin = async (task: string, properties = {}) => {
      const triggered = await world.event(task);
      const run = { ...SCOPE, keptnContext: triggered.shkeptncontext, sequence: 'delivery', workflowId: 'x' };
      const started = { ...eventOf(`sh.keptn.event.${task}.started`), triggeredid: triggered.id };
      return inContext(beginTask, { run, events: [], task, properties, triggered, started });
    };
    assert.deepEqual(await begin('deployment'), { kind: 'builtin' });
    assert.deepEqual(await begin('release'), { kind: 'builtin' });
    assert.deepEqual(await begin('smoke'), { kind: 'job' });
    assert.deepEqual(await begin('deployment', { 'x-executor': 'builtin' }), { kind: 'builtin' });
    assert.deepEqual(told, [
      'sh.keptn.event.deployment.triggered builtin',
      'sh.keptn.event.release.triggered builtin',
      'sh.keptn.event.smoke.triggered job',
    ]);
  });

  it('are nobody in a stage that is not there, nor for an event of no service', async () => {
    assert.equal(await heard(eventOf('sh.keptn.event.test.finished', { stage: 'moon' })), undefined);
    assert.equal(await heard(eventOf('sh.keptn.event.test.finished', { service: '' })), undefined);
    assert.deepEqual(logged, []);
  });

  it('are nobody when their file is broken, which the log tells with its place', async () => {
    await world.write('job/config.yaml', 'apiVersion: v2\nactions: [{ nmae: x }]\n');
    assert.deepEqual(await heard(eventOf('sh.keptn.event.test.finished')), [false, true]);
    assert.match(logged.join(), /job\/config\.yaml:2:\d+: error: .*unknown key/);
  });
});
