import { strict as assert } from 'node:assert';
import type { V1Deployment } from '@kubernetes/client-node';
import { RESOURCES } from '../../src/activities/kubernetes/resources.ts';
import { DeliverySteps } from './delivery-steps.ts';
import { createService, type ServiceUnderTest } from './service-under-test.ts';
import { clusterTarget } from './target.ts';

const target = clusterTarget();
const NAME = 'helloservice';

/** A worker: nobody calls it, so its chart has no Service. */
const withoutService = (path: string, text: string): string =>
  path === 'templates/service.yaml' ? '{{- /* nobody calls it */ -}}' : text;

for (const router of ['istio', 'gateway-api'] as const) {
  describe(`blue/green of a chart without a Service, on a real cluster with ${router}`, function () {
    this.timeout(400_000);
    let service: ServiceUnderTest;
    let steps: DeliverySteps;
    before(async () => {
      service = await createService(target, { project: 'uncalled', router, change: withoutService });
      steps = new DeliverySteps(service);
    });
    after(() => service?.remove());

    const sides = async (): Promise<[image: string | undefined, replicas: number | undefined][]> =>
      Promise.all(
        [`${NAME}-primary`, NAME].map(async (name) => {
          const path = { resource: RESOURCES.deployment, namespace: service.namespace, name };
          const { spec } = await service.api.get<V1Deployment>(path);
          return [spec?.template.spec?.containers[0]?.image, spec?.replicas];
        }),
      );
    const [v1, v2] = [target.image('v1'), target.image('v2')];

    it('runs both sides until the release, as in Keptn, and shifts nothing', async () => {
      const first = {
        ...service.ref,
        strategy: 'duplicate',
        values: { image: v1 },
        idempotencyKey: 'v1',
      } as const;
      await service.platform.deploy(first, service.context);
      assert.match(service.told.join('\n'), /no Service leads to Deployment helloservice: both sides work/);
      await steps.release();
      assert.deepEqual(await sides(), [
        [v1, 1],
        [v1, 0],
      ]);
      await steps.deploy(v2);
      assert.deepEqual(await sides(), [
        [v1, 1],
        [v2, 1],
      ]);
      assert.deepEqual(await service.traffic.observe(service.ref), { state: 'unrouted' });
      const resource = router === 'istio' ? RESOURCES.virtualService : RESOURCES.httpRoute;
      assert.deepEqual(await service.api.list({ resource, namespace: service.namespace }), []);
      const { versions, ready, primary, canary } = (await service.platform.endpoints(service.ref)) ?? {};
      assert.deepEqual(
        { versions, ready, primary, canary },
        {
          versions: { primary: v1, canary: v2 },
          ready: { primary: true, canary: true },
          primary: undefined,
          canary: undefined,
        },
      );
    });

    it('stops the new version when it is rolled back', async () => {
      await steps.rollback();
      assert.deepEqual(await sides(), [
        [v1, 1],
        [v2, 0],
      ]);
    });

    it('gives the primary the new version when it is released', async () => {
      await steps.deploy(v2);
      assert.deepEqual(await steps.users(), { onCanary: 100, primaryReady: true });
      await steps.release();
      assert.deepEqual(await sides(), [
        [v2, 1],
        [v2, 0],
      ]);
    });
  });
}
