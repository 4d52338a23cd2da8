import assert from 'node:assert/strict';
import type { BeginTaskRequest } from '../../../src/contracts/activities.ts';
import type { JsonObject } from '../../../src/contracts/json.ts';
import { ActivityWorld, eventOf, inContext, SCOPE } from '../../support/activity-world.ts';

const JOB = `
apiVersion: v2
actions:
  - name: notify
    events: [{ name: sh.keptn.event.notify.triggered }]
    tasks: [{ name: say, image: alpine }]
`;
const WEBHOOK = `
apiVersion: webhookconfig.keptn.sh/v1beta1
kind: WebhookConfig
spec:
  webhooks:
    - type: sh.keptn.event.ticket.triggered
      subscriptionID: a
      requests: [{ url: http://tickets.example, method: POST }]
`;

describe('the records of a run', function () {
  this.timeout(60_000);
  let world: ActivityWorld;
  before(async () => {
    world = await ActivityWorld.open();
  });
  after(() => world.close());

  const begin = async (task: string, data: JsonObject = {}, properties: JsonObject = {}) => {
    const triggered = await world.event(task, data);
    const request: BeginTaskRequest = {
      run: {
        ...SCOPE,
        keptnContext: triggered.shkeptncontext,
        sequence: 'delivery',
        workflowId: `sequence/${triggered.shkeptncontext}`,
      },
      events: [],
      state: { state: 'started' },
      task,
      properties,
      triggered,
      started: { ...eventOf(`sh.keptn.event.${task}.started`), shkeptncontext: triggered.shkeptncontext },
    };
    return request;
  };
  const stored = async (keptnContext: string) =>
    (await world.store.events({ keptnContext, limit: 20, offset: 0 })).events.map(({ type }) => type);

  it('stores triggered and started of a built-in task once, however often it is repeated', async () => {
    const request = await begin('deployment');
    const { beginTask } = world.activities();
    assert.deepEqual(await inContext(beginTask, request), { kind: 'builtin' });
    await inContext(beginTask, request);
    const types = await stored(request.run.keptnContext);
    assert.deepEqual(types.sort(), [
      'sh.keptn.event.deployment.started',
      'sh.keptn.event.deployment.triggered',
    ]);
    const [row] = await world.store.sequenceStates({
      ...SCOPE,
      keptnContext: request.run.keptnContext,
      limit: 5,
      offset: 0,
    });
    assert.equal(row?.state, 'started');
  });

  it('leaves a task of responders open and without started, until the next task begins', async () => {
    const request = await begin('security-scan');
    const { beginTask } = world.activities();
    assert.deepEqual(await inContext(beginTask, request), { kind: 'responders', names: [] });
    const open = await world.store.openTriggers({ eventId: request.triggered.id });
    assert.equal(open[0]?.workflowId, request.run.workflowId);
    assert.deepEqual(await stored(request.run.keptnContext), ['sh.keptn.event.security-scan.triggered']);
    const next = await begin('deployment');
    await inContext(beginTask, { ...next, run: request.run });
    assert.deepEqual(await world.store.openTriggers({ eventId: request.triggered.id }), []);
  });

  it('asks integrations that are alive and subscribed to exactly the event, also for built-in tasks', async () => {
    const subscribe = (name: string, event: string, stages: string[] = []) =>
      world.store.saveRegistration(name, {
        name,
        subscriptions: [{ id: '1', event, filter: { projects: [], stages, services: null } }],
      });
    await subscribe('my-deployer', 'sh.keptn.event.deployment.triggered', ['prod']);
    await subscribe('chat', 'sh.keptn.>');
    const { beginTask } = world.activities();
    assert.deepEqual(await inContext(beginTask, await begin('deployment')), { kind: 'builtin' });
    await subscribe('my-deployer', 'sh.keptn.event.deployment.triggered', ['dev']);
    const executor = await inContext(beginTask, await begin('deployment'));
    assert.ok(executor.kind === 'responders');
    assert.deepEqual(executor.names.sort(), ['chat', 'my-deployer']);
    assert.deepEqual(await inContext(beginTask, await begin('evaluation')), { kind: 'builtin' });
    await world.store.deleteRegistration('my-deployer');
    await world.store.deleteRegistration('chat');
  });

  it('carries out the action scaling itself and offers every other action to responders', async () => {
    const { beginTask } = world.activities();
    const scaling = await begin('action', { action: { action: 'scaling', value: '1' } });
    assert.deepEqual(await inContext(beginTask, scaling), { kind: 'builtin' });
    const toggle = await begin('action', { action: { action: 'toggle-feature' } });
    assert.deepEqual(await inContext(beginTask, toggle), { kind: 'responders', names: [] });
  });

  it('finds jobs, webhooks and workers, in this order, and obeys x-executor', async () => {
    await world.write('job/config.yaml', JOB, 'stage');
    await world.write('webhook/webhook.yaml', WEBHOOK, 'project');
    const asked: string[] = [];
    const { beginTask } = world.activities({
      hasPollers: async (taskQueue) => {
        asked.push(taskQueue);
        return taskQueue === 'slipway-task-scan';
      },
    });
    assert.deepEqual(await inContext(beginTask, await begin('notify')), { kind: 'job' });
    assert.deepEqual(await inContext(beginTask, await begin('ticket')), { kind: 'webhook' });
    const worker = { kind: 'worker', taskQueue: 'slipway-task-scan' };
    assert.deepEqual(await inContext(beginTask, await begin('scan')), worker);
    assert.deepEqual(await inContext(beginTask, await begin('scan')), worker);
    assert.deepEqual(asked, ['slipway-task-scan'], 'the answer of a task queue is kept for a while');
    const external = await begin('deployment', {}, { 'x-executor': 'external' });
    assert.deepEqual(await inContext(beginTask, external), { kind: 'responders', names: [] });
    const odd = await begin('deployment', {}, { 'x-executor': 'robot' });
    await assert.rejects(inContext(beginTask, odd), /x-executor of task deployment in stage dev is "robot"/);
  });

  it('gives a task to its broken job file, so that the task tells the place of the error', async () => {
    await world.write('job/config.yaml', 'apiVersion: v2\nactions: [{ nmae: x }]\n');
    const { beginTask, runJobs } = world.activities();
    const request = await begin('deployment');
    assert.deepEqual(await inContext(beginTask, request), { kind: 'job' });
    const finished = await inContext(runJobs, { triggered: request.triggered });
    assert.equal(finished.status, 'errored');
    assert.match(finished.message, /job\/config\.yaml:2:\d+: error: .*unknown key "nmae"/);
    await world.config.remove(SCOPE, 'job/config.yaml');
  });

  it('starts the follow-ups before the sequence counts as ended, and closes its trigger', async () => {
    const trigger = eventOf('sh.keptn.event.dev.delivery.triggered');
    const run = {
      ...SCOPE,
      keptnContext: trigger.shkeptncontext,
      sequence: 'delivery',
      workflowId: 'sequence/x',
    };
    await world.store.appendEvents([trigger], {
      openFor: [{ eventId: trigger.id, workflowId: run.workflowId }],
    });
    const followUp = eventOf('sh.keptn.event.prod.delivery.triggered', { stage: 'prod' });
    const states: unknown[] = [];
    const { finishSequence } = world.activities({
      runs: {
        trigger: async (event) => {
          const rows = await world.store.sequenceStates({
            project: SCOPE.project,
            keptnContext: run.keptnContext,
            limit: 5,
            offset: 0,
          });
          states.push([event.id, rows.length]);
        },
      },
    });
    const finished = { ...eventOf('sh.keptn.event.dev.delivery.finished'), triggeredid: trigger.id };
    const request = {
      run,
      events: [finished],
      state: { state: 'finished', status: 'succeeded', result: 'pass' } as const,
      followUps: [followUp],
    };
    await inContext(finishSequence, request);
    assert.deepEqual(states, [[followUp.id, 0]]);
    assert.deepEqual(await world.store.openTriggers({ eventId: trigger.id }), []);
    const rows = await world.store.sequenceStates({
      project: SCOPE.project,
      keptnContext: run.keptnContext,
      limit: 5,
      offset: 0,
    });
    assert.equal(rows[0]?.result, 'pass');
  });
});
