import { strict as assert } from 'node:assert';
import { setTimeout as delay } from 'node:timers/promises';
import { setReplicas } from '../../src/activities/platform/helm/live-objects.ts';
import { DeliverySteps } from './delivery-steps.ts';
import { type LoadReport, type LoadShape, underLoad } from './load.ts';
import { createService, type ServiceUnderTest } from './service-under-test.ts';
import { clusterTarget, ROUTERS } from './target.ts';

const target = clusterTarget();
const ROUNDS = Number(
  process.env.SLIPWAY_ZERO_DROP_ROUNDS ?? (process.env.SLIPWAY_CLUSTER_SHORT === '1' ? 1 : 3),
);
/** Tests and evaluation of a stage, shortened. */
const TEST_MS = 1500;

/** Helm-service's own order: pods are waited for, the mesh never, and nothing is drained. */
async function naiveRelease({
  ref,
  context,
  platform,
  traffic,
  api,
  namespace,
}: ServiceUnderTest): Promise<void> {
  await traffic.setWeights({ ...ref, weights: { primary: 0, canary: 100 } }, context);
  await delay(TEST_MS);
  await platform.promote({ ...ref, idempotencyKey: `naive-${Date.now()}` }, context);
  await traffic.setWeights({ ...ref, weights: { primary: 100, canary: 0 } }, context);
  await setReplicas(api, { namespace, name: 'helloservice' }, 0);
}

for (const router of ROUTERS) {
  describe(`a release through ${router} under constant load`, function () {
    this.timeout(240_000);
    let service: ServiceUnderTest;
    let steps: DeliverySteps;

    before(async () => {
      service = await createService(target, { project: `drop-${router}`, router, replicas: 2 });
      steps = new DeliverySteps(service);
      await steps.deployOnly(target.image('v1'));
      await steps.rollback();
    });
    after(() => service?.remove());

    const under = (load: LoadShape, work: () => Promise<void>): Promise<LoadReport> =>
      underLoad({ url: target.url(router), host: service.host, ...load }, work);

    for (const [rate, first, second] of [
      [150, 'close', 'keep-alive'],
      [500, 'keep-alive', 'close'],
    ] as const) {
      for (let round = 1; round <= ROUNDS; round += 1) {
        const connections = round % 2 === 1 ? first : second;
        it(`loses no request at ${rate}/s with ${connections}, round ${round}`, async () => {
          const report = await under({ rate, connections }, async () => {
            await steps.deploy(target.image('v2'));
            await delay(TEST_MS);
            await steps.release();
            await steps.deploy(target.image('v1'));
            await delay(TEST_MS);
            await steps.rollback();
            await steps.deploy(target.image('v1'));
            await steps.release();
          });
          assert.deepEqual(report.failures, []);
          assert.ok(
            (report.versions.v1 ?? 0) > 0 && (report.versions.v2 ?? 0) > 0,
            'both versions have served',
          );
        });
      }
    }

    it('loses no request at 150/s when each takes 400 ms', async () => {
      const change = (path: string, text: string): string =>
        path === 'templates/deployment.yaml'
          ? text.replace('value: "9000"', 'value: "9000"\n            - {name: DELAY_MS, value: "400"}')
          : text;
      const slow = await createService(target, { project: `slow-${router}`, router, replicas: 2, change });
      const slowSteps = new DeliverySteps(slow);
      try {
        await slowSteps.deployOnly(target.image('v1'));
        await slowSteps.rollback();
        const load = {
          url: target.url(router),
          host: slow.host,
          rate: 150,
          connections: 'keep-alive' as const,
        };
        const report = await underLoad(load, async () => {
          await slowSteps.deploy(target.image('v2'));
          await slowSteps.release();
          await slowSteps.deploy(target.image('v1'));
          await slowSteps.rollback();
        });
        assert.deepEqual(report.failures, []);
        assert.ok(
          (report.versions.v1 ?? 0) > 0 && (report.versions.v2 ?? 0) > 0,
          'both versions have served',
        );
      } finally {
        await slow.remove();
      }
    });

    it('loses requests in the naive order, so that the client is known to see', async () => {
      let failed = 0;
      for (let tries = 0; tries < 4 && failed === 0; tries += 1) {
        await steps.deployOnly(target.image(tries % 2 === 0 ? 'v2' : 'v1'));
        const report = await under({ rate: 500, connections: 'keep-alive' }, () => naiveRelease(service));
        failed += report.failed;
      }
      assert.ok(failed > 0, 'an order that waits for nothing must lose requests');
    });
  });
}
