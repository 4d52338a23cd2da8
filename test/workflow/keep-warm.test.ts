import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { warmActivities } from '../../src/activities/executors/kept-warm.ts';
import { keptWarm, readWarm } from '../../src/client/kept-warm.ts';
import type { Activities } from '../../src/contracts/activities.ts';
import { keepWarmWorkflowId } from '../../src/contracts/ids.ts';
import type { SequenceOutcome, SequenceRequest } from '../../src/contracts/workflows.ts';
import type { TaskDefinition } from '../../src/sequence/types.ts';
import { FakePlatform } from '../fakes/fake-platform.ts';
import { FakeTrafficRouter } from '../fakes/fake-traffic-router.ts';
import { eventually } from '../support/eventually.ts';
import { RecordingActivities } from '../support/recording-activities.ts';
import { requestFor, runIdOf } from '../support/requests.ts';
import { temporal, withWorker } from '../support/temporal.ts';

const DEPLOY: TaskDefinition = {
  name: 'deployment',
  properties: { deploymentstrategy: 'blue_green_service' },
};
const ROLLBACK: TaskDefinition = { name: 'rollback', properties: { 'x-warm': true } };
const PROMOTE = ['shiftTraffic 0/100', 'drain', 'promote', 'shiftTraffic 100/0', 'drain', 'retire'];

const release = (keep: string): TaskDefinition => ({ name: 'release', properties: { 'x-keep-warm': keep } });

type TestClient = Awaited<ReturnType<typeof temporal>>['environment']['client'];

/** One service with a worker; what is kept warm at the end is terminated. */
interface Warm {
  recorded: RecordingActivities;
  client: TestClient;
  scope: { project: string; stage: string; service: string };
  users: { onCanary: number };
  run(...tasks: (string | TaskDefinition)[]): Promise<SequenceOutcome>;
}

async function withService(
  overrides: (recorded: RecordingActivities) => Partial<Activities>,
  body: (warm: Warm) => Promise<void>,
): Promise<void> {
  const recorded = new RecordingActivities();
  const parts: { client?: TestClient } = {};
  const { endWarm } = warmActivities({
    platform: new FakePlatform(),
    traffic: new FakeTrafficRouter(),
    keptWarm: {
      end: async (request) => (parts.client === undefined ? 'nothing' : keptWarm(parts.client).end(request)),
    },
  });
  const users = { onCanary: 0, primaryReady: true };
  const shiftTraffic: Activities['shiftTraffic'] = async ({ primary, canary }) => {
    recorded.calls.push(`shiftTraffic ${primary}/${canary}`);
    users.onCanary = canary;
  };
  const activities = recorded.all({
    endWarm,
    users: async () => ({ ...users }),
    shiftTraffic,
    ...overrides(recorded),
  });
  await withWorker(activities, async ({ client, taskQueue }) => {
    parts.client = client;
    const scope = { project: 'sockshop', stage: 'dev', service: `carts-${randomUUID().slice(0, 8)}` };
    const run = async (...tasks: (string | TaskDefinition)[]): Promise<SequenceOutcome> => {
      const { service } = scope;
      const triggerData = { ...scope };
      const request = requestFor(tasks, { input: { service, triggerData } });
      const options = { workflowId: runIdOf(request), taskQueue, args: [request] as [SequenceRequest] };
      return client.workflow.execute<(request: SequenceRequest) => Promise<SequenceOutcome>>(
        'sequence',
        options,
      );
    };
    await body({ recorded, client, scope, users, run });
    if ((await readWarm(client, scope)) !== undefined) {
      await client.workflow.getHandle(keepWarmWorkflowId(scope)).terminate('the test is over');
    }
  });
}

const asTheyAre = (): Partial<Activities> => ({});

describe('a release that keeps its old version warm', () => {
  before(async function () {
    this.timeout(120_000);
    await temporal();
  });

  it('ends while the old version still stands on the primary, and makes the new one primary when the time is over', async () => {
    await withService(asTheyAre, async ({ recorded, client, scope, run }) => {
      const outcome = await run(DEPLOY, release('2s'));
      assert.equal(outcome.result, 'pass');
      assert.deepEqual(recorded.calls, ['deploy', 'shiftTraffic 0/100', 'shiftTraffic 0/100']);
      const finished = recorded.events.find(({ type }) => type.endsWith('release.finished'));
      assert.equal(finished?.data.message, 'Finished release; the old version is kept for 2s');
      const kept = await readWarm(client, scope);
      assert.equal(kept?.state, 'warm');
      assert.equal(kept?.keptnContext, finished?.shkeptncontext);
      await eventually(
        'the time is over',
        async () => (await readWarm(client, scope)) === undefined || undefined,
      );
      assert.deepEqual(recorded.calls.slice(3), PROMOTE);
    });
  });

  it('goes back to the old version with one write of the weights', async () => {
    await withService(asTheyAre, async ({ recorded, client, scope, run }) => {
      await run(DEPLOY, release('1h'));
      recorded.calls.length = 0;
      const outcome = await run(ROLLBACK);
      assert.deepEqual([outcome.status, outcome.result], ['succeeded', 'pass']);
      assert.deepEqual(recorded.calls, ['shiftTraffic 100/0', 'drain', 'retire']);
      assert.equal(await readWarm(client, scope), undefined);
    });
  });

  it('is told that there is nothing to go back to when nothing is kept', async () => {
    await withService(asTheyAre, async ({ recorded, scope, run }) => {
      const outcome = await run(ROLLBACK);
      assert.equal(outcome.result, 'fail');
      const finished = recorded.events.find(({ type }) => type.endsWith('rollback.finished'));
      assert.equal(
        finished?.data.message,
        `no old version of ${scope.service} is kept in stage dev any more: deliver the version that you want`,
      );
      assert.deepEqual(recorded.calls, []);
    });
  });

  it('is completed by the next delivery before that replaces the canary', async () => {
    await withService(asTheyAre, async ({ recorded, client, scope, run }) => {
      await run(DEPLOY, release('1h'));
      recorded.calls.length = 0;
      await run(DEPLOY);
      assert.deepEqual(recorded.calls, [...PROMOTE, 'deploy', 'shiftTraffic 0/100']);
      assert.equal(await readWarm(client, scope), undefined);
      assert.equal((await run(ROLLBACK)).result, 'fail');
    });
  });

  it("is taken back by the shipyard's own rollback task as well, with the result that Keptn gave", async () => {
    await withService(asTheyAre, async ({ recorded, run }) => {
      await run(DEPLOY, release('1h'));
      recorded.calls.length = 0;
      const outcome = await run('rollback');
      assert.equal(outcome.result, 'fail');
      assert.deepEqual(recorded.calls, ['shiftTraffic 100/0', 'drain', 'retire']);
    });
  });

  it('stays as it is when it cannot be completed: the delivery is told, a rollback still works', async () => {
    const refuse = (recorded: RecordingActivities): Partial<Activities> => ({
      promote: async () => {
        recorded.calls.push('promote');
        throw ApplicationFailure.nonRetryable('carts-primary: no node has memory left');
      },
    });
    await withService(refuse, async ({ recorded, client, scope, run }) => {
      await run(DEPLOY, release('1h'));
      recorded.calls.length = 0;
      const delivery = await run(DEPLOY);
      assert.equal(delivery.status, 'errored');
      assert.match(
        delivery.message,
        /keeps its old version warm could not be ended: carts-primary: no node has memory/,
      );
      assert.ok(!recorded.calls.includes('deploy') && !recorded.calls.includes('shiftTraffic 100/0'));
      assert.match((await readWarm(client, scope))?.problem ?? '', /no node has memory left/);
      assert.equal((await run(ROLLBACK)).result, 'pass');
    });
  });

  it('goes back once, however many people ask for it at the same time', async () => {
    await withService(asTheyAre, async ({ recorded, run }) => {
      await run(DEPLOY, release('1h'));
      recorded.calls.length = 0;
      const outcomes = await Promise.all([run(ROLLBACK), run(ROLLBACK)]);
      assert.ok(outcomes.some(({ result }) => result === 'pass'));
      assert.deepEqual(recorded.calls, ['shiftTraffic 100/0', 'drain', 'retire']);
    });
  });

  it('is completed before the primary is scaled, which the users are on afterwards', async () => {
    await withService(asTheyAre, async ({ recorded, run }) => {
      await run(DEPLOY, release('1h'));
      recorded.calls.length = 0;
      await run({ name: 'action', properties: { action: 'scaling', value: '1' } });
      assert.deepEqual(recorded.calls, PROMOTE);
    });
  });

  it('does not bring the new version back when somebody has put the weights back by hand', async () => {
    await withService(asTheyAre, async ({ recorded, client, scope, users, run }) => {
      await run(DEPLOY, release('2s'));
      users.onCanary = 0;
      await eventually(
        'the time is over',
        async () => (await readWarm(client, scope)) === undefined || undefined,
      );
      assert.deepEqual(recorded.calls, ['deploy', 'shiftTraffic 0/100', 'shiftTraffic 0/100', 'retire']);
    });
  });

  it('is refused when its time is no duration', async () => {
    await withService(asTheyAre, async ({ recorded, run }) => {
      const outcome = await run(DEPLOY, release('a while'));
      assert.equal(outcome.status, 'errored');
      assert.match(outcome.message, /^x-keep-warm must be a duration/);
      assert.ok(!recorded.calls.includes('promote'));
    });
  });
});
