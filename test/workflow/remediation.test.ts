import assert from 'node:assert/strict';
import { pino } from 'pino';
import { createRuns, type Runs } from '../../src/client/engine.ts';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { ActivityWorld, eventOf, SCOPE } from '../support/activity-world.ts';
import { eventually } from '../support/eventually.ts';
import { endQueues } from '../support/run-world.ts';
import { withWorker } from '../support/temporal.ts';

const shipyard = (remediation: string, delay: string) => `
apiVersion: spec.keptn.sh/0.2.3
kind: Shipyard
metadata: { name: s }
spec:
  stages:
    - name: dev
      sequences:
        - name: remediation
${remediation}
          triggeredOn:
            - { event: dev.evaluation.finished, selector: { match: { result: fail } } }
            - { event: dev.remediation.finished, selector: { match: { evaluation.result: fail } } }
          tasks:
            - name: get-action
            - name: action
            - { name: evaluation, triggeredAfter: ${delay}, properties: { timeframe: 1m } }
`;
const SLO = 'objectives: [{ sli: x, pass: [{ criteria: ["<=1"] }] }]\ntotal_score: { pass: "90%" }\n';
const REMEDIATION = `
apiVersion: spec.keptn.sh/0.1.4
kind: Remediation
metadata: { name: carts }
spec:
  remediations:
    - problemType: slow
      actionsOnOpen:
        - { name: a little, action: scaling, value: "1" }
        - { name: more, action: scaling, value: 2 }
        - { name: much more, action: scaling, value: "4" }
    - problemType: default
      actionsOnOpen:
        - { name: one, action: scaling, value: "1" }
`;

describe('a remediation, a loop of plain sequences', function () {
  this.timeout(300_000); // each test runs up to four sequences, on a machine that may be busy
  let world: ActivityWorld;
  /** What the next evaluations measure; the last value stays. */
  let values: number[] = [];
  before(async () => {
    world = await ActivityWorld.open();
    await world.write('slo.yaml', SLO);
    await world.write('remediation.yaml', REMEDIATION);
  });
  after(() => world.close());
  beforeEach(async () => {
    await world.write('shipyard.yaml', shipyard('', '0s'), 'project');
    await world.platform.undeploy(SCOPE);
    const context = { ...SCOPE, values: { image: 'carts:1' }, strategy: 'direct' as const };
    await world.platform.deploy({ ...context, idempotencyKey: `setup-${Math.random()}` });
    world.platform.effects.length = 0;
  });

  const withRuns = async (body: (runs: Runs) => Promise<void>): Promise<void> => {
    const parts: { runs?: Runs } = {};
    const measured = {
      name: 'measured',
      fetch: async ({ start, end }: { start: string; end: string }) => {
        const value = (values.length > 1 ? values.shift() : values[0]) ?? 0;
        const status = 'succeeded' as const;
        return { status, result: 'pass' as const, message: '', start, end, values: [measurement(value)] };
      },
    };
    const activities = world.activities({
      sliProviders: [measured],
      options: { defaultSliProvider: 'measured', observeIntervalMs: 1 },
      runs: { trigger: async (event) => parts.runs?.trigger(event) },
    });
    await withWorker(activities, async ({ client, taskQueue }) => {
      const { store, config } = world;
      const logger = pino({ level: 'silent' });
      parts.runs = createRuns({ temporalClient: client, store, config, logger, taskQueue });
      await endQueues(client);
      await body(parts.runs);
    });
  };
  const problem = (data: JsonObject = { problem: { ProblemTitle: 'slow' } }): KeptnEvent =>
    eventOf('sh.keptn.event.dev.remediation.triggered', data);
  const eventsOf = async ({ shkeptncontext }: KeptnEvent, type?: string) => {
    const query = { keptnContext: shkeptncontext, ...(type ? { type: `sh.keptn.event.${type}` } : {}) };
    return (await world.store.events({ ...query, limit: 100, offset: 0 })).events.toReversed();
  };
  const ended = (event: KeptnEvent, rounds: number) =>
    eventually(
      `${rounds} rounds have ended`,
      async () => {
        const rows = await world.store.sequenceStates({
          project: SCOPE.project,
          keptnContext: event.shkeptncontext,
          limit: 50,
          offset: 0,
        });
        const done = rows.every(({ state }) => ['finished', 'aborted'].includes(state));
        return rows.length === rounds && done && rows.toReversed();
      },
      120_000,
    );

  it('escalates through the actions until the evaluation passes', async () => {
    values = [9, 9, 0];
    await withRuns(async (runs) => {
      const event = problem();
      await runs.trigger(event);
      const rows = await ended(event, 3);
      assert.deepEqual(
        rows.map(({ result }) => result),
        ['fail', 'fail', 'pass'],
      );
      assert.deepEqual(world.platform.effects, ['scale 1', 'scale 2', 'scale 4']);
      const asked = await eventsOf(event, 'get-action.triggered');
      assert.deepEqual(
        asked.map(({ data }) => (data['get-action'] as JsonObject | undefined)?.actionIndex ?? 0),
        [0, 1, 2],
      );
    });
  });

  it('stops when the actions have run out, with the sentence that says so', async () => {
    values = [9];
    await withRuns(async (runs) => {
      const event = problem();
      await runs.trigger(event);
      const rows = await ended(event, 4);
      assert.equal(rows.at(-1)?.result, 'fail');
      assert.deepEqual(world.platform.effects, ['scale 1', 'scale 2', 'scale 4']);
      const last = (await eventsOf(event, 'dev.remediation.finished')).at(-1);
      assert.equal(last?.data.message, 'there is no action with index 3 for problem title slow');
    });
  });

  it('begins by itself when an evaluation of the stage fails, with the action for any problem', async () => {
    values = [9, 0];
    await withRuns(async (runs) => {
      const event = eventOf('sh.keptn.event.dev.evaluation.triggered', { evaluation: { timeframe: '1m' } });
      await runs.trigger(event);
      await ended(event, 2);
      assert.deepEqual(world.platform.effects, ['scale 1']);
    });
  });

  it('ends when the problem closes: what waits is cancelled, nothing further begins', async () => {
    values = [9];
    await world.write('shipyard.yaml', shipyard('', '1h'), 'project');
    await withRuns(async (runs) => {
      const event = problem();
      await runs.trigger(event);
      await eventually('the service was scaled', () => world.platform.effects.length === 1, 60_000);
      await eventually(
        'the action is told',
        async () => (await eventsOf(event, 'action.finished'))[0],
        60_000,
      );
      const closed = { ...SCOPE, keptnContext: event.shkeptncontext };
      await Promise.all([runs.problemClosed(closed), runs.problemClosed(closed)]);
      const [row] = await ended(event, 1);
      assert.deepEqual([row?.state, row?.status], ['aborted', 'aborted']);
      assert.equal((await eventsOf(event, 'evaluation.triggered')).length, 0);

      const late = { ...problem(), shkeptncontext: event.shkeptncontext };
      await runs.trigger(late);
      await runs.trigger(late);
      const refused = (await eventsOf(event, 'dev.remediation.finished')).find(
        ({ triggeredid }) => triggeredid === late.id,
      );
      assert.equal(refused?.data.message, 'Unable to start sequence remediation: the problem was closed');
      await runs.trigger(event); // a repeated delivery of the first trigger changes nothing
      assert.equal((await ended(event, 2))[0]?.state, 'aborted');
      assert.deepEqual(world.platform.effects, ['scale 1']);
    });
  });

  it('is not started again within its cooldown, or more often in an hour than allowed, and says why', async () => {
    values = [0];
    await world.write('shipyard.yaml', shipyard('          x-max-per-hour: 1', '0s'), 'project');
    await withRuns(async (runs) => {
      const earlier = Number((await world.store.events(triggers)).totalCount);
      assert.ok(earlier > 0);
      const refusedEvent = problem();
      await runs.trigger(refusedEvent);
      await ended(refusedEvent, 1);
      const [finished] = await eventsOf(refusedEvent, 'dev.remediation.finished');
      assert.match(
        String(finished?.data.message),
        /^Unable to start sequence remediation: x-max-per-hour is 1, and 1 began in the last hour$/,
      );
      assert.deepEqual([finished?.data.status, finished?.data.result], ['errored', 'fail']);
      await world.write('shipyard.yaml', shipyard('          x-cooldown: 1h', '0s'), 'project');
      const soon = problem();
      await runs.trigger(soon);
      await ended(soon, 1);
      const [why] = await eventsOf(soon, 'dev.remediation.finished');
      assert.match(String(why?.data.message), /x-cooldown is 1h, and the last one began \d+ s before/);
      assert.deepEqual(world.platform.effects, []);
      await world.write('shipyard.yaml', shipyard('', '0s'), 'project');
      const free = problem();
      await runs.trigger(free);
      await ended(free, 1);
      assert.deepEqual(world.platform.effects, ['scale 1']);
    });
  });
});

const triggers = {
  project: SCOPE.project,
  type: 'sh.keptn.event.dev.remediation.triggered',
  limit: 1,
  offset: 0,
};

function measurement(value: number) {
  return { metric: 'x', value, success: true };
}
