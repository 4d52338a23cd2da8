import assert from 'node:assert/strict';
import { TrafficTerminalError } from '../../src/activities/traffic/errors.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { eventually } from '../support/eventually.ts';
import { startConstantLoad } from './constant-load.ts';
import { effectContext, type PlatformHarness } from './platform-harness.ts';

/** What every TrafficRouter must do, with the Platform that it belongs to. */
export function describeTrafficContract(name: string, make: () => Promise<PlatformHarness>): void {
  describe(`the traffic contract, kept by ${name}`, function () {
    this.timeout(120_000);
    let harness: PlatformHarness;
    let keys = 0;
    beforeEach(async () => {
      harness = await make();
    });
    afterEach(() => harness.stop());

    const deploy = async (values: JsonObject) => {
      const request = { ...harness.service, values, idempotencyKey: `traffic-${++keys}` };
      return harness.platform.deploy({ ...request, strategy: 'duplicate' }, effectContext());
    };
    const shift = async (canary: number) => {
      const weights = { primary: 100 - canary, canary };
      await harness.router.setWeights({ ...harness.service, weights }, effectContext());
      await eventually(`weights with canary ${canary}`, async () => {
        const seen = await harness.router.observe(harness.service);
        return seen.state === 'observed' && seen.weights.canary === canary;
      });
    };
    const drain = (side: 'primary' | 'canary') =>
      eventually(`${side} to drain`, async () => {
        return (await harness.router.drained({ ...harness.service, side })) !== 'busy';
      });
    const retire = () => harness.platform.retire({ ...harness.service, side: 'canary' }, effectContext());
    const routed = async () => (await harness.platform.endpoints(harness.service))?.routed ?? '';
    const count = async (requests: number) => {
      const counts = new Map<string, number>();
      const address = await routed();
      for (let index = 0; index < requests; index++) {
        const version = await harness.served(address);
        counts.set(version, (counts.get(version) ?? 0) + 1);
      }
      return counts;
    };

    it('does not guess the weights of a service that is not deployed', async () => {
      assert.equal((await harness.router.observe(harness.service)).state, 'unknown');
      const weights = { primary: 0, canary: 100 };
      await assert.rejects(harness.router.setWeights({ ...harness.service, weights }, effectContext()));
    });

    it('sends each side its share', async () => {
      const { first, second } = harness.names;
      await deploy(harness.versions.first);
      await deploy(harness.versions.second);
      await shift(0);
      assert.deepEqual(await count(20), new Map([[first, 20]]));
      await shift(100);
      assert.deepEqual(await count(20), new Map([[second, 20]]));
      await shift(25);
      const share = ((await count(200)).get(second) ?? 0) / 200;
      assert.ok(share > 0.1 && share < 0.4, `canary had ${share}`);
    });

    it('refuses weights that do not add up and weights on a side that has no ready endpoint', async () => {
      await deploy(harness.versions.first);
      await retire();
      for (const weights of [
        { primary: 0, canary: 100 },
        { primary: 50, canary: 50 },
        { primary: 0, canary: 0 },
        { primary: 60, canary: 60 },
      ]) {
        const attempt = harness.router.setWeights({ ...harness.service, weights }, effectContext());
        await assert.rejects(attempt, TrafficTerminalError);
      }
      assert.deepEqual(await count(5), new Map([[harness.names.first, 5]]));
    });

    it('tells a side with requests in flight from a drained one, where it can tell', async () => {
      await deploy(harness.versions.slow);
      await shift(100);
      const answer = harness.served(await routed());
      await eventually('the request to be seen', async () => {
        return (await harness.router.drained({ ...harness.service, side: 'canary' })) !== 'drained';
      });
      await shift(0);
      const answers = await harness.router.drained({ ...harness.service, side: 'canary' });
      assert.ok(['busy', 'unknown'].includes(answers), answers);
      assert.equal(await answer, harness.names.slow);
      await drain('canary');
    });

    it('loses no request over a whole blue/green release under constant load', async () => {
      await deploy(harness.versions.slow);
      await shift(0);
      await retire();
      const load = startConstantLoad(await routed(), 30, (body) => body);
      try {
        await servedBy(load, 1);
        await deploy(harness.versions.second);
        await shift(100);
        await servedBy(load, 2);
        await harness.platform.promote({ ...harness.service, idempotencyKey: 'promote' }, effectContext());
        await shift(0);
        await drain('canary');
        await retire();
      } finally {
        await load.stop();
      }
      assert.deepEqual(load.failed, []);
      assert.ok(total(load.succeeded) > 50);
    });

    it('would lose requests if the sides were changed without the order, so that the test above can see it', async () => {
      await deploy(harness.versions.slow);
      await shift(100);
      const load = startConstantLoad(await routed(), 30, (body) => body);
      try {
        await servedBy(load, 1);
        await harness.tearDown('canary');
        await eventually('failed requests', () => load.failed.length > 0);
      } finally {
        await load.stop();
      }
    });

    async function servedBy(load: { succeeded: Map<string, number> }, versions: number): Promise<void> {
      await eventually(`${versions} versions to have answered`, () => load.succeeded.size >= versions);
    }

    function total(counts: Map<string, number>): number {
      return [...counts.values()].reduce((sum, one) => sum + one, 0);
    }
  });
}
