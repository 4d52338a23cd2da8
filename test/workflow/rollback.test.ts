import assert from 'node:assert/strict';
import { RefusedError } from '../../src/client/errors.ts';
import { writeLine } from '../../src/client/line.ts';
import { ActivityWorld, SCOPE } from '../support/activity-world.ts';
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
          tasks:
            - name: deployment
              properties: { deploymentstrategy: blue_green_service, x-executor: builtin }
            - name: release
              properties: { x-keep-warm: 1h, x-executor: builtin }
        - name: tell
          triggeredOn: [{ event: dev.rollback.finished }]
          tasks: [{ name: announce }]
`;

describe('slipway rollback', function () {
  this.timeout(120_000);
  let world: ActivityWorld;
  before(async () => {
    world = await ActivityWorld.open();
    await world.write('shipyard.yaml', SHIPYARD, 'project');
  });
  after(() => world.close());

  const delivered = async (there: RunWorld, image: string): Promise<string> => {
    const data = { configurationChange: { values: { image } } };
    const { shkeptncontext } = await there.trigger('delivery', data);
    assert.equal((await there.inState(shkeptncontext, 'dev', 'finished')).result, 'pass');
    return shkeptncontext;
  };

  it('is a run of its own that goes back although the line is stopped, and its sequences follow', async () => {
    await RunWorld.with(world, async (there) => {
      await delivered(there, 'carts:1');
      const of = await delivered(there, 'carts:2');
      assert.deepEqual((await world.platform.endpoints(SCOPE))?.versions, {
        primary: 'carts:1',
        canary: 'carts:2',
      });
      const written = world.traffic.written.length;
      const time = new Date().toISOString();
      await writeLine(world.store, SCOPE.project, { state: 'stopped', reason: 'errors', time });
      const started = await there.runs.rollback({ ...SCOPE, by: 'sam', reason: 'errors at checkout' });
      await writeLine(world.store, SCOPE.project, { state: 'running', time: new Date().toISOString() });
      assert.equal(started.releaseContext, of);
      await there.answer(started.keptnContext, 'announce');
      await there.inState(started.keptnContext, 'dev', 'finished');
      assert.deepEqual(world.traffic.written.slice(written), [{ primary: 100, canary: 0 }]);
      assert.deepEqual((await world.platform.endpoints(SCOPE))?.versions, { primary: 'carts:1' });
      const [triggered] = await there.events(started.keptnContext);
      assert.deepEqual(triggered?.data['x-rollback'], { of, by: 'sam', reason: 'errors at checkout' });
      assert.deepEqual((await there.types(started.keptnContext)).slice(0, 5), [
        'dev.rollback.triggered',
        'rollback.triggered',
        'rollback.started',
        'rollback.finished',
        'dev.rollback.finished',
      ]);
      await assert.rejects(there.runs.rollback(SCOPE), (error) => {
        assert.ok(error instanceof RefusedError);
        assert.match(error.message, /no old version of carts is kept in stage dev/);
        return true;
      });
    });
  });
});
