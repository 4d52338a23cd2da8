import assert from 'node:assert/strict';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { rolloutActivities } from '../../../src/activities/executors/rollout.ts';
import { FakePlatform } from '../../fakes/fake-platform.ts';
import { FakeTrafficRouter } from '../../fakes/fake-traffic-router.ts';
import { eventOf, inContext, SCOPE } from '../../support/activity-world.ts';

const FAST = { observeIntervalMs: 1, drainTimeMs: 20, observeTimeoutMs: 60 };

function rollout() {
  const platform = new FakePlatform();
  const traffic = new FakeTrafficRouter();
  return { platform, traffic, activities: rolloutActivities({ platform, traffic, options: FAST }) };
}

function deployment(strategy: string, image = 'carts:1') {
  return eventOf('sh.keptn.event.deployment.triggered', {
    configurationChange: { values: { image } },
    deployment: {
      deploymentstrategy: strategy,
      deploymentURIsLocal: ['http://given'],
      deploymentURIsPublic: null,
    },
  });
}

describe('the steps of a rollout', () => {
  it('calls blue_green_service duplicate and says whether it is the first deployment', async () => {
    const { platform, activities } = rollout();
    const triggered = deployment('blue_green_service');
    const first = await inContext(activities.deploy, { triggered });
    assert.deepEqual(first, {
      firstDeployment: true,
      deployment: {
        deploymentstrategy: 'duplicate',
        deploymentURIsLocal: ['http://carts.sockshop-dev:80'],
        deploymentURIsPublic: [],
        deploymentNames: ['canary'],
      },
    });
    await inContext(activities.promote, { ...SCOPE, key: 'release' });
    const second = await inContext(activities.deploy, { triggered: deployment('duplicate', 'carts:2') });
    assert.equal(second.firstDeployment, false);
    assert.deepEqual(platform.effects, ['deploy duplicate carts:1', 'promote', 'deploy duplicate carts:2']);
  });

  it('deploys once when a step is repeated, and keeps the addresses of the event where the platform has none', async () => {
    const { platform, activities } = rollout();
    const triggered = deployment('user_managed');
    await inContext(activities.deploy, { triggered });
    const again = await inContext(activities.deploy, { triggered });
    assert.deepEqual(again.deployment.deploymentURIsLocal, ['http://given']);
    assert.equal(platform.effects.length, 1);
  });

  it("refuses an unknown strategy for good, in Keptn's words", async () => {
    const { activities } = rollout();
    for (const strategy of ['', 'rainbow']) {
      await assert.rejects(inContext(activities.deploy, { triggered: deployment(strategy) }), (error) => {
        assert.ok(error instanceof ApplicationFailure);
        assert.equal(error.nonRetryable, true);
        assert.equal(error.type, 'PlatformTerminalError');
        assert.match(error.message, new RegExp(`^The deployment strategy ${strategy} is invalid`));
        return true;
      });
    }
  });

  it('returns from a shift only when the data plane has been seen to apply it', async () => {
    const { traffic, activities } = rollout();
    traffic.looksUntilApplied = 3;
    await inContext(activities.shiftTraffic, { ...SCOPE, primary: 0, canary: 100 });
    assert.equal(traffic.looks, 4);
    assert.deepEqual(traffic.written, [{ primary: 0, canary: 100 }]);
  });

  it('gives up an attempt with a retryable error when nobody can see the weights', async () => {
    const { traffic, activities } = rollout();
    traffic.looksUntilApplied = Number.POSITIVE_INFINITY;
    await assert.rejects(
      inContext(activities.shiftTraffic, { ...SCOPE, primary: 0, canary: 100 }),
      (error: Error) => {
        assert.equal(error.name, 'TrafficRetryableError');
        assert.match(error.message, /now unknown \(the proxy has not answered yet\)/);
        return true;
      },
    );
  });

  it('drains until nothing is in flight, and waits the drain time where nobody can tell', async () => {
    const { traffic, activities } = rollout();
    traffic.drains = ['busy', 'busy', 'drained'];
    await inContext(activities.drain, { ...SCOPE, side: 'canary' as const });
    assert.equal(traffic.looks, 3);
    traffic.drains = ['unknown'];
    const before = Date.now();
    await inContext(activities.drain, { ...SCOPE, side: 'canary' as const });
    assert.ok(Date.now() - before >= FAST.drainTimeMs);
  });

  it('ends as cancelled when the activity is cancelled while it waits', async () => {
    const { traffic, activities } = rollout();
    traffic.drains = ['busy'];
    const environment = new MockActivityEnvironment();
    const draining = environment.run(activities.drain, { ...SCOPE, side: 'canary' as const });
    environment.once('heartbeat', () => environment.cancel());
    await assert.rejects(draining, CancelledFailure);
  });

  it("names the canary's own address to the tests while users stay on the primary", async () => {
    const { activities } = rollout();
    const event = deployment('canary');
    const block = { ...(event.data.deployment as object), 'x-users': 'primary' };
    const triggered = { ...event, data: { ...event.data, deployment: block } };
    const { deployment: deployed } = await inContext(activities.deploy, { triggered });
    assert.deepEqual(deployed.deploymentURIsLocal, ['http://carts.canary']);
    assert.equal(deployed.deploymentstrategy, 'duplicate');
  });

  it('knows how many users a canary has, and takes all for what nobody can see', async () => {
    const { traffic, activities } = rollout();
    assert.deepEqual(await inContext(activities.users, SCOPE), { onCanary: 0, primaryReady: false });
    await inContext(activities.deploy, { triggered: deployment('duplicate') });
    await inContext(activities.shiftTraffic, { ...SCOPE, primary: 70, canary: 30 });
    assert.deepEqual(await inContext(activities.users, SCOPE), { onCanary: 30, primaryReady: false });
    await inContext(activities.promote, { ...SCOPE, key: 'release' });
    traffic.looksUntilApplied = Number.POSITIVE_INFINITY;
    await traffic.setWeights({ weights: { primary: 70, canary: 30 } });
    assert.deepEqual(await inContext(activities.users, SCOPE), { onCanary: 100, primaryReady: true });
  });

  it('has nothing to end where nothing is kept warm, and stops waiting when the task is aborted', async () => {
    const { platform, traffic, activities } = rollout();
    const request = { ...SCOPE, decision: 'promote' as const, key: 'k' };
    assert.equal(await inContext(activities.endWarm, request), 'nothing');
    const keptWarm = { end: () => new Promise<never>(() => undefined) };
    const { endWarm } = rolloutActivities({ platform, traffic, keptWarm, options: FAST });
    const environment = new MockActivityEnvironment();
    const waiting = environment.run(endWarm, request);
    environment.once('heartbeat', () => environment.cancel());
    await assert.rejects(waiting, CancelledFailure);
  });

  it('adds to the replicas once per key', async () => {
    const { activities } = rollout();
    await inContext(activities.deploy, { triggered: deployment('direct') });
    const request = { ...SCOPE, increment: 2, key: 'k' };
    assert.equal(await inContext(activities.scale, request), 3);
    assert.equal(await inContext(activities.scale, request), 3);
  });
});
