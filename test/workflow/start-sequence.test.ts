import assert from 'node:assert/strict';
import { pino } from 'pino';
import { createRuns, type Runs } from '../../src/client/engine.ts';
import { RefusedError } from '../../src/client/errors.ts';
import { taskQueuePollers } from '../../src/client/task-queue-pollers.ts';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { FakeLoadTool } from '../fakes/fake-load-tool.ts';
import { ActivityWorld, eventOf, SCOPE } from '../support/activity-world.ts';
import { eventually } from '../support/eventually.ts';
import { endQueues } from '../support/run-world.ts';
import { withWorker } from '../support/temporal.ts';

const SHIPYARD = `
apiVersion: spec.keptn.sh/0.2.3
kind: Shipyard
metadata: { name: s }
spec:
  stages:
    - name: dev
      sequences:
        - name: delivery
          tasks:
            - { name: deployment, properties: { deploymentstrategy: blue_green_service } }
            - { name: test, properties: { teststrategy: performance } }
            - name: evaluation
            - name: release
        - name: handmade
          tasks: [{ name: handwork }]
        - name: signed
          tasks: [{ name: approval, properties: { pass: manual, warning: manual } }]
    - name: prod
      sequences:
        - name: delivery
          triggeredOn: [{ event: dev.delivery.finished }]
          tasks:
            - { name: deployment, properties: { deploymentstrategy: direct } }
`;
const SLO = 'objectives: [{ sli: x, pass: [{ criteria: ["<=1"] }] }]\ntotal_score: { pass: "90%" }\n';

describe('a sequence started from its event', function () {
  this.timeout(300_000);
  let world: ActivityWorld;
  before(async () => {
    world = await ActivityWorld.open();
    await world.write('shipyard.yaml', SHIPYARD, 'project');
    await world.write('slo.yaml', SLO);
  });
  after(() => world.close());

  const withRuns = async (body: (runs: Runs) => Promise<void>): Promise<void> => {
    const parts: { runs?: Runs } = {};
    const fixed = {
      name: 'fixed',
      fetch: async ({ start, end }: { start: string; end: string }) => ({
        status: 'succeeded' as const,
        result: 'pass' as const,
        message: '',
        start,
        end,
        values: [{ metric: 'x', value: 1, success: true }],
      }),
    };
    const activities = world.activities({
      sliProviders: [fixed],
      options: { defaultSliProvider: 'fixed', observeIntervalMs: 1 },
      loadTool: new FakeLoadTool(),
      runs: { trigger: async (event) => parts.runs?.trigger(event) },
    });
    await withWorker(activities, async ({ client, taskQueue }) => {
      parts.runs = createRuns({
        temporalClient: client,
        store: world.store,
        config: world.config,
        logger: pino({ level: 'silent' }),
        taskQueue,
      });
      await endQueues(client);
      await body(parts.runs);
    });
  };
  const trigger = (sequence: string, data: JsonObject = {}): KeptnEvent =>
    eventOf(`sh.keptn.event.dev.${sequence}.triggered`, data);
  const types = async (keptnContext: string) =>
    (await world.store.events({ keptnContext, limit: 100, offset: 0 })).events
      .toReversed()
      .map(({ type }) => type.replace('sh.keptn.event.', ''));
  const states = (keptnContext: string) =>
    world.store.sequenceStates({ project: SCOPE.project, keptnContext, limit: 20, offset: 0 });
  const inState = (event: KeptnEvent, stage: string, state: string) =>
    eventually(
      `${stage} is ${state}`,
      async () =>
        (await states(event.shkeptncontext)).find((row) => row.stage === stage && row.state === state),
      90_000,
    );

  it('goes through its tasks and its follow-up stage, and leaves nothing open', async () => {
    await withRuns(async (runs) => {
      const event = trigger('delivery', { configurationChange: { values: { image: 'carts:2' } } });
      await Promise.all([runs.trigger(event), runs.trigger(event)]);
      const prod = await inState(event, 'prod', 'finished');
      assert.equal(prod.result, 'pass');
      assert.deepEqual(await types(event.shkeptncontext), [
        'dev.delivery.triggered',
        ...eventsOf('deployment'),
        ...eventsOf('test'),
        'evaluation.triggered',
        'evaluation.started',
        ...eventsOf('get-sli'),
        'evaluation.finished',
        ...eventsOf('release'),
        'dev.delivery.finished',
        'prod.delivery.triggered',
        ...eventsOf('deployment'),
        'prod.delivery.finished',
      ]);
      assert.deepEqual(world.platform.effects, [
        'deploy duplicate carts:2',
        'promote',
        'retire canary',
        'deploy direct carts:2',
      ]);
      assert.deepEqual(await world.store.openTriggers({ project: SCOPE.project }), []);
      const [evaluation] = await world.store.evaluations({ ...SCOPE, limit: 1 });
      assert.deepEqual([evaluation?.result, evaluation?.score], ['pass', 100]);
      const { events } = await world.store.events({
        keptnContext: event.shkeptncontext,
        type: 'sh.keptn.event.prod.delivery.triggered',
        limit: 1,
        offset: 0,
      });
      assert.match(events[0]?.gitcommitid ?? '', /^[0-9a-f]{40}$/);
    });
  });

  it('is finished at once, errored and failed, when it cannot start, however often it is triggered', async () => {
    await withRuns(async (runs) => {
      const cases: [string, RegExp][] = [
        [
          'sh.keptn.event.dev.nope.triggered',
          /^Unable to start sequence nope: no task sequence with name nope found in stage dev$/,
        ],
        [
          'sh.keptn.event.qa.delivery.triggered',
          /^Unable to start sequence delivery: no stage with name qa$/,
        ],
      ];
      for (const [type, message] of cases) {
        const event = eventOf(type, { stage: type.split('.')[3] ?? '' });
        await runs.trigger(event);
        await runs.trigger(event);
        const { events } = await world.store.events({
          keptnContext: event.shkeptncontext,
          limit: 9,
          offset: 0,
        });
        assert.deepEqual(
          events.map(({ type: name }) => name.split('.').at(-1)),
          ['finished', 'triggered'],
        );
        assert.match(String(events[0]?.data.message), message);
        assert.equal(events[0]?.triggeredid, event.id);
        const [row] = await states(event.shkeptncontext);
        assert.deepEqual([row?.state, row?.status, row?.result], ['finished', 'errored', 'fail']);
      }
    });
  });

  it('refuses an event that names no run', async () => {
    await withRuns(async (runs) => {
      await assert.rejects(runs.trigger(eventOf('sh.keptn.event.test.triggered')), RefusedError);
      await assert.rejects(
        runs.trigger(trigger('delivery', { service: '' })),
        /no project, service or context/,
      );
      await assert.rejects(runs.trigger(trigger('delivery', { stage: 'prod' })), /does not match/);
    });
  });

  it('takes the answers of responders, and drops those for a run that is gone', async () => {
    await withRuns(async (runs) => {
      const event = trigger('handmade');
      await runs.trigger(event);
      const [open] = await eventually('the task is open', async () => {
        const found = await world.store.openTriggers({ type: 'sh.keptn.event.handwork.triggered' });
        return found.length > 0 && found;
      });
      assert.ok(open);
      const answer = (kind: string, data: JsonObject = {}): KeptnEvent => ({
        ...eventOf(`sh.keptn.event.handwork.${kind}`, data),
        shkeptncontext: event.shkeptncontext,
        triggeredid: open.event.id,
        source: 'by-hand',
      });
      await runs.taskEvent(answer('started'), open);
      await runs.taskEvent(answer('finished', { status: 'succeeded', result: 'pass' }), open);
      const row = await inState(event, 'dev', 'finished');
      assert.equal(row.result, 'pass');
      await runs.taskEvent(answer('finished'), { ...open, workflowId: 'sequence/gone' });
    });
  });

  it('can be decided, paused, and aborted in its queue', async () => {
    await withRuns(async (runs) => {
      const waiting = trigger('signed');
      await runs.trigger(waiting);
      const { workflowId } = await inState(waiting, 'dev', 'waitingForApproval');
      assert.equal((await runs.status(workflowId)).state, 'waitingForApproval');
      const run = { project: SCOPE.project, keptnContext: waiting.shkeptncontext };
      await runs.decide(run, { decision: 'approve', by: 'me' });
      assert.equal((await inState(waiting, 'dev', 'finished')).result, 'pass');
      await assert.rejects(runs.decide(run, { decision: 'approve', by: 'me' }), /no active run/);
      await assert.rejects(runs.status('sequence/nope'), /no active run/);

      const first = trigger('handmade');
      await runs.trigger(first);
      await inState(first, 'dev', 'started');
      await assert.rejects(
        runs.decide({ ...run, keptnContext: first.shkeptncontext }, { decision: 'approve', by: 'me' }),
        RefusedError,
      );
      const queued = trigger('handmade');
      await runs.trigger(queued);
      await inState(queued, 'dev', 'waiting');
      await runs.control({ project: SCOPE.project, keptnContext: queued.shkeptncontext, state: 'abort' });
      await inState(queued, 'dev', 'aborted');
      assert.ok(!(await types(queued.shkeptncontext)).includes('handwork.triggered'));
      await runs.control({ project: SCOPE.project, keptnContext: first.shkeptncontext, state: 'pause' });
      await inState(first, 'dev', 'paused');
      await runs.problemClosed({ ...SCOPE, keptnContext: first.shkeptncontext });
      await inState(first, 'dev', 'aborted');
      await runs.control({ project: SCOPE.project, keptnContext: 'unknown', state: 'abort' });
    });
  });

  it('is told whether a worker polls the queue of a task', async () => {
    await withWorker(world.activities(), async ({ client, taskQueue, connection }) => {
      const polled = taskQueuePollers(connection, client.options.namespace);
      await eventually('the worker polls', () => polled(taskQueue));
      assert.equal(await polled('slipway-task-nobody'), false);
    });
  });
});

function eventsOf(task: string): string[] {
  return [`${task}.triggered`, `${task}.started`, `${task}.finished`];
}
