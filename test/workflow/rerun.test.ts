import assert from 'node:assert/strict';
import { NotFoundError, RefusedError } from '../../src/client/errors.ts';
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
          tasks: [{ name: build }, { name: check }, { name: announce }]
        - name: single
          tasks: [{ name: announce }]
    - name: prod
      sequences:
        - name: delivery
          triggeredOn: [{ event: dev.delivery.finished }]
          tasks: [{ name: announce }]
`;

describe('a run that is done again', function () {
  this.timeout(120_000);
  let world: ActivityWorld;
  before(async () => {
    world = await ActivityWorld.open();
  });
  beforeEach(async () => {
    await world.write('shipyard.yaml', SHIPYARD, 'project');
  });
  after(() => world.close());

  it('begins with the failed task in the same context, with the pinned definition and the earlier answers', async () => {
    await RunWorld.with(world, async (there) => {
      const { shkeptncontext: keptnContext } = await there.trigger('delivery', { labels: { build: '7' } });
      const run = { project: SCOPE.project, keptnContext };
      await assert.rejects(there.runs.rerun(run), /goes on/);
      await there.answer(keptnContext, 'build', { build: { artifact: 'a.tgz' } });
      await there.answer(keptnContext, 'check', { result: 'fail', message: 'flaky' });
      await there.inState(keptnContext, 'dev', 'finished');

      await world.write('shipyard.yaml', SHIPYARD.replace('{ name: check }', '{ name: other }'), 'project');
      const asked = { ...run, by: 'ada', reason: 'flaky' };
      const again = await Promise.all([there.runs.rerun(asked), there.runs.rerun(asked)]);
      assert.deepEqual(again[0], { keptnContext, stage: 'dev', sequence: 'delivery', from: 'check' });
      const check = await there.answer(keptnContext, 'check');
      assert.deepEqual(check.data.build, { artifact: 'a.tgz' });
      assert.deepEqual([check.data.result, check.data.labels], ['pass', { build: '7' }]);
      await there.answer(keptnContext, 'announce');
      const row = await there.inState(keptnContext, 'dev', 'finished');
      assert.equal(row.result, 'pass');
      assert.ok(row.workflowId.endsWith('/dev/delivery/2'), row.workflowId);
      await there.answer(keptnContext, 'announce');
      await there.inState(keptnContext, 'prod', 'finished');

      const types = await there.types(keptnContext);
      const count = (type: string) => types.filter((one) => one === type).length;
      assert.deepEqual(
        ['build.triggered', 'check.triggered', 'dev.delivery.triggered'].map(count),
        [1, 2, 2],
      );
      const repeated = (await there.events(keptnContext)).findLast(
        ({ type }) => type === 'sh.keptn.event.dev.delivery.triggered',
      );
      assert.deepEqual(repeated?.data['x-rerun'], {
        of: `sequence/sockshop/${keptnContext}/dev/delivery`,
        from: 'check',
        by: 'ada',
        reason: 'flaky',
      });
      const status = await there.runs.status(row.workflowId);
      assert.deepEqual(
        status.tasks.map(({ task, state, executor }) => [task, state, executor === 'an earlier run']),
        [
          ['build', 'finished', true],
          ['check', 'finished', false],
          ['announce', 'finished', false],
        ],
      );
      await assert.rejects(there.runs.rerun(run), /has passed/);
    });
  });

  it('can begin earlier, and is refused where it cannot begin', async () => {
    await RunWorld.with(world, async (there) => {
      const { shkeptncontext: keptnContext } = await there.trigger('delivery');
      const run = { project: SCOPE.project, keptnContext };
      await there.answer(keptnContext, 'build');
      await there.task(keptnContext, 'check');
      await there.runs.control({ ...run, state: 'abort' });
      await there.inState(keptnContext, 'dev', 'aborted');
      await assert.rejects(there.runs.rerun({ ...run, from: 'announce' }), /comes after check/);
      await assert.rejects(
        there.runs.rerun({ ...run, from: 'nope' }),
        /its tasks are build, check, announce/,
      );
      await assert.rejects(there.runs.rerun({ ...run, stage: 'prod' }), NotFoundError);
      await assert.rejects(there.runs.rerun({ ...run, keptnContext: 'nope' }), NotFoundError);
      assert.equal((await there.runs.rerun({ ...run, from: 'build' })).from, 'build');
      await there.answer(keptnContext, 'build', { result: 'fail' });
      await there.inState(keptnContext, 'dev', 'finished');
      assert.equal((await there.runs.rerun(run)).from, 'build');
      await there.task(keptnContext, 'build');
      await assert.rejects(there.runs.rerun(run), RefusedError);
      await there.runs.control({ ...run, state: 'abort' });
      await there.inState(keptnContext, 'dev', 'aborted');
    });
  });

  it('is refused for a run that never started', async () => {
    await RunWorld.with(world, async (there) => {
      const { shkeptncontext: keptnContext } = await there.trigger('nope');
      await there.inState(keptnContext, 'dev', 'finished');
      await assert.rejects(there.runs.rerun({ project: SCOPE.project, keptnContext }), /never started/);
    });
  });
});
