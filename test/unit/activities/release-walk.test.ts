import assert from 'node:assert/strict';
import fc from 'fast-check';
import { rolloutActivities } from '../../../src/activities/executors/rollout.ts';
import { moves, ReleaseWalk, type Step, type WalkedService } from '../../contract/release-walk.ts';
import { FakeTwoSides } from '../../fakes/fake-two-sides.ts';
import { eventOf, inContext, SCOPE } from '../../support/activity-world.ts';

/** The worker's rollout activities over sides that are only remembered. */
function remembered(): { service: WalkedService; sides: FakeTwoSides } {
  const sides = new FakeTwoSides();
  const activities = rolloutActivities({
    platform: sides,
    traffic: sides.router,
    options: { observeIntervalMs: 1, drainTimeMs: 1, observeTimeoutMs: 50 },
  });
  const run = async (step: Step): Promise<void> => {
    switch (step.kind) {
      case 'deploy': {
        const data = {
          configurationChange: { values: { image: step.image } },
          deployment: {
            deploymentstrategy: 'duplicate',
            deploymentURIsLocal: null,
            deploymentURIsPublic: null,
          },
        };
        const triggered = { ...eventOf('sh.keptn.event.deployment.triggered', data), id: step.key };
        await inContext(activities.deploy, { triggered });
        return;
      }
      case 'promote':
        return inContext(activities.promote, { ...SCOPE, key: step.key });
      case 'shift':
        return inContext(activities.shiftTraffic, { ...SCOPE, primary: step.primary, canary: step.canary });
      case 'drain':
        return inContext(activities.drain, { ...SCOPE, side: step.side });
      case 'retire':
        return inContext(activities.retire, { ...SCOPE, side: step.side });
    }
  };
  const service: WalkedService = {
    images: ['carts:1', 'carts:2'],
    run,
    kill: async (step, afterMs) => {
      // An odd time is before the effect, an even one after it.
      if (afterMs % 2 === 1) return;
      sides.loseNextAnswer = true;
      await assert.rejects(run(step), /the answer was lost/);
    },
    abortPromotion: async (key, afterMs) => {
      if (afterMs % 2 === 1) return false;
      await run({ kind: 'promote', key });
      return true;
    },
    endpoints: () => sides.endpoints(SCOPE),
    observe: () => sides.router.observe(SCOPE),
  };
  return { service, sides };
}

describe('a walk through releases in any order', () => {
  it('keeps weights, versions and ready endpoints together, whatever is killed, aborted, refused or repeated', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(fc.array(moves, { minLength: 5, maxLength: 40 }), async (path) => {
        const { service } = remembered();
        await service.run({ kind: 'deploy', image: service.images[0], key: 'first' });
        await service.run({ kind: 'retire', side: 'canary' });
        const walk = new ReleaseWalk(service);
        for (const move of path) await walk.go(move);
      }),
      { numRuns: 100 },
    );
  });

  it('would find a side that is stopped while it has weight', async () => {
    const { service, sides } = remembered();
    await service.run({ kind: 'deploy', image: service.images[0], key: 'first' });
    await service.run({ kind: 'shift', primary: 0, canary: 100 });
    const walk = new ReleaseWalk(service);
    await assert.rejects(walk.check());
    await assert.rejects(sides.retire({ ...SCOPE, side: 'canary' }), /still has 100 %/);
  });
});
