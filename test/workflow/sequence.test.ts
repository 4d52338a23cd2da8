import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import {
  abortSignal,
  pauseSignal,
  resumeSignal,
  statusQuery,
  taskEventSignal,
} from '../../src/contracts/messages.ts';
import { eventually } from '../support/eventually.ts';
import { RecordingActivities } from '../support/recording-activities.ts';
import { requestFor } from '../support/requests.ts';
import { answerTo } from '../support/responders.ts';
import { openTask, runToEnd, startRun } from '../support/sequence-runs.ts';
import { temporal, withWorker } from '../support/temporal.ts';

const BLUE_GREEN = { deployment: { deploymentstrategy: 'blue_green_service' } };

describe('workflow sequence', () => {
  before(async function () {
    this.timeout(120_000);
    await temporal();
  });

  it('runs the tasks in order and stores triggered, started and finished of each', async () => {
    const recorded = new RecordingActivities();
    const outcome = await runToEnd(recorded, requestFor(['deployment', 'test', 'release']));
    assert.equal(outcome.result, 'pass');
    assert.deepEqual(recorded.types(), [
      'deployment.triggered',
      'deployment.started',
      'deployment.finished',
      'test.triggered',
      'test.started',
      'test.finished',
      'release.triggered',
      'release.started',
      'release.finished',
      'dev.delivery.finished',
    ]);
  });

  it('shifts traffic to the canary before the tests and back to the primary on release', async () => {
    const recorded = new RecordingActivities();
    await runToEnd(
      recorded,
      requestFor([
        { name: 'deployment', properties: { deploymentstrategy: 'blue_green_service' } },
        'test',
        'release',
      ]),
    );
    assert.deepEqual(recorded.calls, [
      'deploy',
      'shiftTraffic 0/100',
      'test',
      'shiftTraffic 0/100',
      'drain',
      'promote',
      'shiftTraffic 100/0',
      'drain',
      'retire',
    ]);
  });

  it('ends a task whose executor fails for good as errored, with the sentence of the error', async () => {
    const recorded = new RecordingActivities();
    const outcome = await runToEnd(recorded, requestFor(['deployment', 'release']), {
      deploy: async () => {
        throw ApplicationFailure.nonRetryable('no chart helm/carts.tgz for service carts');
      },
    });
    assert.deepEqual([outcome.status, outcome.result], ['errored', 'fail']);
    assert.equal(outcome.message, 'no chart helm/carts.tgz for service carts');
  });

  it('ends a task as errored when nobody can be chosen for it', async () => {
    const recorded = new RecordingActivities();
    const outcome = await runToEnd(recorded, requestFor(['smoke']), {
      beginTask: async () => {
        throw ApplicationFailure.nonRetryable('x-executor must be builtin, external or worker');
      },
    });
    assert.deepEqual(
      [outcome.status, outcome.message],
      ['errored', 'x-executor must be builtin, external or worker'],
    );
    assert.deepEqual(recorded.types(), [
      'smoke.triggered',
      'smoke.started',
      'smoke.finished',
      'dev.delivery.finished',
    ]);
  });

  it('lets the running task finish when paused, and starts nothing new until resumed', async () => {
    const recorded = new RecordingActivities();
    recorded.executor = () => ({ kind: 'responders', names: [] });
    await withWorker(recorded.all(), async ({ client, taskQueue }) => {
      const run = await startRun(client, taskQueue, requestFor(['one', 'two']));
      const one = await openTask(recorded, 'one');
      await run.signal(pauseSignal);
      await run.signal(taskEventSignal, { event: answerTo(one, 'started') });
      await run.signal(taskEventSignal, { event: answerTo(one, 'finished') });
      await eventually(
        'one is done',
        async () => (await run.query(statusQuery)).tasks[0]?.state === 'finished',
      );
      assert.equal((await run.query(statusQuery)).state, 'paused');
      assert.ok(!recorded.types().includes('two.triggered'));
      await run.signal(resumeSignal);
      const two = await openTask(recorded, 'two');
      await run.signal(taskEventSignal, { event: answerTo(two, 'started') });
      await run.signal(taskEventSignal, { event: answerTo(two, 'finished') });
      assert.equal((await run.result()).outcome, 'finished');
    });
  });

  it('puts the traffic back before it ends when aborted after a deployment', async () => {
    const recorded = new RecordingActivities();
    recorded.executor = ({ task }) =>
      task === 'smoke' ? { kind: 'responders', names: [] } : { kind: 'builtin' };
    await withWorker(recorded.all(), async ({ client, taskQueue }) => {
      const request = requestFor(['deployment', 'smoke', 'release'], {
        input: { triggerData: { project: 'sockshop', stage: 'dev', service: 'carts', ...BLUE_GREEN } },
      });
      const run = await startRun(client, taskQueue, request);
      await openTask(recorded, 'smoke');
      await run.signal(abortSignal, { by: 'ada', reason: 'wrong build' });
      const outcome = await run.result();
      assert.deepEqual([outcome.outcome, outcome.status, outcome.result], ['aborted', 'aborted', 'pass']);
    });
    assert.deepEqual(recorded.calls, [
      'deploy',
      'shiftTraffic 0/100',
      'shiftTraffic 100/0',
      'drain',
      'retire',
    ]);
  });
});
