import assert from 'node:assert/strict';
import { pino } from 'pino';
import type { ServerContext } from '../../src/server/context.ts';
import { resumeLine, stopLine } from '../../src/server/line-control.ts';
import { ActivityWorld, SCOPE } from '../support/activity-world.ts';
import { eventually } from '../support/eventually.ts';
import { RunWorld } from '../support/run-world.ts';

const SHIPYARD = `
apiVersion: spec.keptn.sh/0.2.3
kind: Shipyard
metadata: { name: s }
spec:
  stages:
    - name: dev
      sequences:
        - name: delivery
          tasks: [{ name: build }, { name: check }]
    - name: prod
      x-freeze:
        - { from: "2020-01-01T00:00:00Z", to: "2120-01-01T00:00:00Z", reason: a long winter }
      sequences:
        - name: delivery
          triggeredOn: [{ event: dev.delivery.finished }]
          tasks: [{ name: announce }]
        - name: rollback
          triggeredOn: [{ event: dev.delivery.finished, selector: { match: { result: fail } } }]
          tasks: [{ name: announce }]
`;

describe('what holds sequences back', function () {
  this.timeout(120_000);
  let world: ActivityWorld;
  before(async () => {
    world = await ActivityWorld.open();
    await world.write('shipyard.yaml', SHIPYARD, 'project');
  });
  after(() => world.close());

  it('a frozen stage refuses a promotion with the end of the window, and lets a repair through', async () => {
    await RunWorld.with(world, async (there) => {
      const { shkeptncontext: keptnContext } = await there.trigger('delivery');
      await there.answer(keptnContext, 'build');
      await there.answer(keptnContext, 'check');
      const row = await there.inState(keptnContext, 'prod', 'finished');
      assert.deepEqual([row.status, row.result], ['errored', 'fail']);
      const finished = (await there.events(keptnContext)).at(-1);
      assert.equal(finished?.type, 'sh.keptn.event.prod.delivery.finished');
      assert.match(
        finished?.data.message ?? '',
        /^Unable to start sequence delivery: stage prod is frozen until 2120-01-01T00:00:00\.000Z \(a long winter\)/,
      );
      const failing = (await there.trigger('delivery')).shkeptncontext;
      await there.answer(failing, 'build', { result: 'fail' });
      await there.answer(failing, 'announce');
      assert.equal((await there.inState(failing, 'prod', 'finished')).sequence, 'rollback');
    });
  });

  it('a stopped line pauses what runs and refuses what is new, until it is resumed', async () => {
    await RunWorld.with(world, async (there) => {
      const running = (await there.trigger('delivery')).shkeptncontext;
      await there.task(running, 'build');
      const parts = {
        store: world.store,
        runs: there.runs,
        now: () => new Date(),
        logger: pino({ level: 'silent' }),
      } as unknown as ServerContext;
      const { project } = SCOPE;
      await stopLine(parts, project, { by: 'ada', reason: 'fire' });
      await there.inState(running, 'dev', 'paused');
      await assert.rejects(stopLine(parts, project, { reason: 'again' }), /stopped already/);

      const refused = await there.trigger('delivery');
      const row = await there.inState(refused.shkeptncontext, 'dev', 'finished');
      assert.equal(row.status, 'errored');
      const told = (await there.events(refused.shkeptncontext)).at(-1)?.data.message ?? '';
      assert.match(told, /the line of project sockshop was stopped by ada \(fire\)/);
      await there.answer(running, 'build');
      await there.inState(running, 'dev', 'paused');

      await resumeLine(parts, project, { by: 'ada' });
      await there.answer(running, 'check');
      await there.inState(running, 'dev', 'finished');
      await assert.rejects(resumeLine(parts, project, {}), /is not stopped/);
      const next = (await there.trigger('delivery')).shkeptncontext;
      await there.task(next, 'build');
      await there.runs.control({ project, keptnContext: next, state: 'abort' });
      await there.inState(next, 'dev', 'aborted');
      const audit = await eventually('both changes are on record', async () => {
        const { events } = await world.store.events({
          project,
          type: 'io.slipway.line.changed',
          limit: 9,
          offset: 0,
        });
        return events.length === 2 && events;
      });
      assert.deepEqual(
        audit.map(({ data }) => [data.state, data.by, data.reason]),
        [
          ['running', 'ada', undefined],
          ['stopped', 'ada', 'fire'],
        ],
      );
    });
  });
});
