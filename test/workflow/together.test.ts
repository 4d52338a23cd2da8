import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
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
          tasks: [{ name: build }, { name: check }]
        - name: rollback
          triggeredOn: [{ event: dev.delivery.finished, selector: { match: { check.result: fail } } }]
          tasks: [{ name: undo }]
    - name: prod
      sequences:
        - name: delivery
          triggeredOn: [{ event: dev.delivery.finished }]
          tasks: [{ name: announce }]
`;

describe('several services together', function () {
  this.timeout(120_000);
  let world: ActivityWorld;
  before(async () => {
    world = await ActivityWorld.open();
    await world.config.createService(SCOPE.project, 'orders');
    await world.store.saveService({ name: 'orders', project: SCOPE.project, creationDate: '0' });
    await world.write('shipyard.yaml', SHIPYARD, 'project');
  });
  after(() => world.close());

  const start = async (there: RunWorld): Promise<[string, string]> => {
    const together = { id: randomUUID(), services: ['carts', 'orders'] };
    const carts = await there.trigger('delivery', { 'x-together': together });
    const orders = await there.trigger('delivery', { 'x-together': together, service: 'orders' });
    return [carts.shkeptncontext, orders.shkeptncontext];
  };

  it('are all promoted when all have passed, and none before', async () => {
    await RunWorld.with(world, async (there) => {
      const [carts, orders] = await start(there);
      await there.answer(carts, 'build');
      await there.answer(carts, 'check', { result: 'warning' });
      await there.answer(orders, 'build');
      await there.task(orders, 'check');
      assert.ok(!(await there.types(carts)).includes('dev.delivery.finished'));
      await there.answer(orders, 'check');
      for (const context of [carts, orders]) {
        await there.answer(context, 'announce');
        const prod = await there.inState(context, 'prod', 'finished');
        assert.equal(prod.result, 'pass');
        const dev = (await there.rows(context)).find(({ stage }) => stage === 'dev');
        assert.equal(
          dev?.result,
          'warning',
          'all go on with the worst result, so that the same sequences follow',
        );
      }
    });
  });

  it('are none of them promoted when one has failed, and all are rolled back', async () => {
    await RunWorld.with(world, async (there) => {
      const [carts, orders] = await start(there);
      await there.answer(carts, 'build');
      await there.answer(carts, 'check');
      await there.answer(orders, 'build');
      await there.answer(orders, 'check', { result: 'fail' });
      for (const context of [carts, orders]) {
        await there.answer(context, 'undo');
        await there.inState(context, 'dev', 'finished');
        assert.ok(!(await there.types(context)).some((type) => type.startsWith('prod.')));
      }
      const finished = (await there.events(carts)).find(({ type }) => type.endsWith('dev.delivery.finished'));
      assert.deepEqual(
        [finished?.data.result, finished?.data.message],
        ['fail', 'held back together with orders, which failed'],
      );
      const run = { project: SCOPE.project, keptnContext: carts, stage: 'dev' };
      await assert.rejects(there.runs.rerun(run), /ran together with carts, orders/);
    });
  });

  it('are held back by one that fails, is aborted or refused before it comes so far', async () => {
    await RunWorld.with(world, async (there) => {
      const [carts, orders] = await start(there);
      await there.answer(carts, 'build');
      await there.answer(carts, 'check');
      await there.task(orders, 'build');
      await there.runs.control({
        project: SCOPE.project,
        keptnContext: orders,
        state: 'abort',
        reason: 'wrong build',
      });
      await there.answer(carts, 'undo');
      const [, ...earlier] = await there.rows(carts);
      assert.equal(earlier[0]?.result, 'fail');
      const told = (await there.events(carts)).find(({ type }) => type.endsWith('dev.delivery.finished'));
      assert.match(
        told?.data.message ?? '',
        /held back together with orders, which failed: aborted: wrong build/,
      );
    });
  });

  it('are refused when the group is not readable', async () => {
    await RunWorld.with(world, async (there) => {
      for (const group of [
        { id: 'x' },
        { id: 'x', services: ['orders', 'other'] },
        { id: 'a/b', services: ['carts', 'orders'] },
      ]) {
        const { shkeptncontext } = await there.trigger('delivery', { 'x-together': group });
        const row = await there.inState(shkeptncontext, 'dev', 'finished');
        assert.equal(row.status, 'errored');
      }
    });
  });
});
