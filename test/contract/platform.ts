import assert from 'node:assert/strict';
import { PlatformTerminalError } from '../../src/activities/platform/errors.ts';
import type { DeploymentStrategy } from '../../src/activities/platform/platform.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { effectContext, type PlatformHarness } from './platform-harness.ts';

/** What every Platform must do; `make` answers a fresh platform with a service that is not deployed. */
export function describePlatformContract(name: string, make: () => Promise<PlatformHarness>): void {
  describe(`the platform contract, kept by ${name}`, function () {
    this.timeout(120_000);
    let harness: PlatformHarness;
    let keys = 0;
    beforeEach(async () => {
      harness = await make();
    });
    afterEach(() => harness.stop());

    const deploy = (values: JsonObject, strategy: DeploymentStrategy = 'duplicate', key = `key-${++keys}`) =>
      harness.platform.deploy({ ...harness.service, strategy, values, idempotencyKey: key }, effectContext());
    const endpoints = async () => {
      const found = await harness.platform.endpoints(harness.service);
      assert.ok(found, 'the service is deployed');
      return found;
    };
    const shift = (canary: number) =>
      harness.router.setWeights(
        { ...harness.service, weights: { primary: 100 - canary, canary } },
        effectContext(),
      );

    it('knows no endpoints before the first deployment', async () => {
      assert.equal(await harness.platform.endpoints(harness.service), undefined);
    });

    it('makes the very first version of a blue/green service primary as well', async () => {
      const deployment = await deploy(harness.versions.first);
      assert.equal(deployment.deploymentstrategy, 'duplicate');
      assert.deepEqual(deployment.deploymentNames, ['canary']);
      assert.equal(deployment.deploymentURIsLocal.length, 1);
      const { ready, versions } = await endpoints();
      assert.deepEqual(ready, { primary: true, canary: true });
      assert.equal(versions.primary, versions.canary);
      assert.equal(await harness.served(deployment.deploymentURIsLocal[0] ?? ''), harness.names.first);
    });

    it('brings a new version in as canary and leaves the primary alone, until it is promoted', async () => {
      await deploy(harness.versions.first);
      await harness.platform.retire({ ...harness.service, side: 'canary' }, effectContext());
      await deploy(harness.versions.second);
      const before = await endpoints();
      assert.equal(await harness.served(before.primary ?? ''), harness.names.first);
      assert.equal(await harness.served(before.canary ?? ''), harness.names.second);
      assert.equal(await harness.served(before.routed), harness.names.first);
      await harness.platform.promote({ ...harness.service, idempotencyKey: 'p1' }, effectContext());
      await harness.platform.promote({ ...harness.service, idempotencyKey: 'p1' }, effectContext());
      const after = await endpoints();
      assert.equal(await harness.served(after.primary ?? ''), harness.names.second);
      assert.deepEqual(after.ready, { primary: true, canary: true });
    });

    it('retires a side, also twice, and refuses one that still has traffic', async () => {
      await deploy(harness.versions.first);
      await shift(100);
      const retire = () => harness.platform.retire({ ...harness.service, side: 'canary' }, effectContext());
      await assert.rejects(retire(), PlatformTerminalError);
      await shift(0);
      await retire();
      await retire();
      const { canary, ready } = await endpoints();
      assert.equal(canary, undefined);
      assert.deepEqual(ready, { primary: true, canary: false });
    });

    it('replaces a directly deployed version in place', async () => {
      const first = await deploy(harness.versions.first, 'direct');
      assert.deepEqual(first.deploymentNames, ['direct']);
      const second = await deploy(harness.versions.second, 'direct');
      assert.deepEqual(second.deploymentURIsLocal, first.deploymentURIsLocal);
      assert.equal(await harness.served(second.deploymentURIsLocal[0] ?? ''), harness.names.second);
    });

    it('keeps the values of the last deployment when none are given', async () => {
      await deploy(harness.versions.second, 'direct');
      const { versions } = await endpoints();
      const again = await deploy({}, 'direct');
      assert.equal(await harness.served(again.deploymentURIsLocal[0] ?? ''), harness.names.second);
      assert.deepEqual((await endpoints()).versions, versions);
    });

    it('carries out a key once: a repeated deployment changes nothing', async () => {
      const first = await deploy(harness.versions.first, 'duplicate', 'same');
      const addresses = await endpoints();
      const again = await deploy(harness.versions.first, 'duplicate', 'same');
      assert.deepEqual(again.deploymentURIsLocal, first.deploymentURIsLocal);
      assert.deepEqual(await endpoints(), addresses);
    });

    it('refuses a version that never starts, says why, and leaves what served before', async () => {
      const { deploymentURIsLocal } = await deploy(harness.versions.first);
      await assert.rejects(deploy(harness.versions.broken), (error: Error) => {
        assert.match(error.name, /^Platform(Terminal|Retryable)Error$/);
        assert.ok(error.message.length > 40, error.message);
        return true;
      });
      assert.equal(await harness.served(deploymentURIsLocal[0] ?? ''), harness.names.first);
    });

    it('says which file is missing for a service that it cannot run', async () => {
      const request = { ...harness.serviceWithoutChart, values: {}, idempotencyKey: 'none' };
      const deployment = harness.platform.deploy({ ...request, strategy: 'direct' }, effectContext());
      await assert.rejects(deployment, PlatformTerminalError);
    });

    it('scales the primary by a number, once per key', async () => {
      await deploy(harness.versions.first);
      const scale = (increment: number, key: string) =>
        harness.platform.scale({ ...harness.service, increment, idempotencyKey: key }, effectContext());
      assert.equal(await scale(1, 's1'), 2);
      assert.equal(await scale(1, 's1'), 2);
      assert.equal(await scale(-1, 's2'), 1);
      await assert.rejects(scale(-5, 's3'), PlatformTerminalError);
    });

    it('removes a service, and one that is not there too', async () => {
      const { deploymentURIsLocal } = await deploy(harness.versions.first);
      await harness.platform.undeploy(harness.service, effectContext());
      await harness.platform.undeploy(harness.service, effectContext());
      assert.equal(await harness.platform.endpoints(harness.service), undefined);
      await assert.rejects(harness.served(deploymentURIsLocal[0] ?? ''));
    });
  });
}
