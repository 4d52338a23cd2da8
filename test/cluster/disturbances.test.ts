import { strict as assert } from 'node:assert';
import { setTimeout as delay } from 'node:timers/promises';
import type { V1Deployment } from '@kubernetes/client-node';
import { RESOURCES, type Resource } from '../../src/activities/kubernetes/resources.ts';
import { objectsAt } from '../../src/activities/platform/helm/objects.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { DeliverySteps } from './delivery-steps.ts';
import { type Fate, FaultyApi } from './faulty-api.ts';
import { foreignWriterPatch } from './limited-kubeconfig.ts';
import { type LoadReport, underLoad } from './load.ts';
import { createService, type ServiceUnderTest, withCluster } from './service-under-test.ts';
import { clusterTarget, ROUTERS, type RouterName } from './target.ts';

const target = clusterTarget();

/** Where each router keeps its weights. */
const ROUTES: { readonly [router in RouterName]: { resource: Resource; list: string; entries: string } } = {
  istio: { resource: RESOURCES.virtualService, list: 'http', entries: 'route' },
  'gateway-api': { resource: RESOURCES.httpRoute, list: 'rules', entries: 'backendRefs' },
};

for (const router of ROUTERS) {
  describe(`a release through ${router} that others disturb`, function () {
    this.timeout(240_000);
    const { resource, list, entries } = ROUTES[router];
    let service: ServiceUnderTest;
    let steps: DeliverySteps;

    before(async () => {
      service = await createService(target, { project: `disturbed-${router}`, router, replicas: 2 });
      steps = new DeliverySteps(service);
      await steps.deployOnly(target.image('v1'));
      await steps.rollback();
    });
    after(() => service?.remove());

    const under = (work: () => Promise<void>): Promise<LoadReport> =>
      underLoad({ url: target.url(router), host: service.host, rate: 100, connections: 'keep-alive' }, work);
    const routePath = () => ({ resource, namespace: service.namespace, name: 'helloservice' });
    const primaryImage = async (): Promise<string | undefined> => {
      const path = { ...routePath(), resource: RESOURCES.deployment, name: 'helloservice-primary' };
      const live = await service.api.get<V1Deployment>(path);
      return live.spec?.template.spec?.containers[0]?.image;
    };
    /** Releases the version that is not on the primary, whole. */
    const releaseOther = async (): Promise<void> => {
      const next = (await primaryImage()) === target.image('v1') ? 'v2' : 'v1';
      await steps.deploy(target.image(next));
      await steps.release();
      assert.equal(await primaryImage(), target.image(next));
    };

    it('says who puts the weights back all the time, loses no request, and goes on when it is let', async () => {
      const report = await under(async () => {
        await steps.deployOnly(target.image('v2'));
        let running = true;
        const controller = (async () => {
          while (running) {
            const route = await service.api.get<JsonObject>(routePath());
            const last = objectsAt(route, 'spec', list).length - 1;
            const weights = [0, 100].map((value, index) => ({
              op: 'replace',
              path: `/spec/${list}/${last}/${entries}/${index}/weight`,
              value,
            }));
            await foreignWriterPatch(target.kubeconfig, routePath(), weights);
            await delay(30);
          }
        })();
        try {
          const impatient = new DeliverySteps(service, { observeTimeoutMs: 4000 });
          await assert.rejects(impatient.shift(0, 100), (error: Error) => {
            assert.equal(error.name, 'TrafficRetryableError', String(error));
            assert.match(error.message, /was changed by argocd-controller at \d{4}-.*ignoreDifferences/s);
            return true;
          });
        } finally {
          running = false;
          await controller;
        }
        await steps.shift(0, 100);
        await steps.rollback();
      });
      assert.deepEqual(report.failures, []);
    });

    it('changes nothing while every write meets a newer version, and goes on afterwards', async () => {
      const api = await FaultyApi.start(target.kubeconfig);
      const contested = withCluster(service, { ...target, kubeconfig: api.kubeconfig }, { router });
      try {
        await steps.deployOnly(target.image('v2'));
        let count = 0;
        api.judge = async ({ method, path }): Promise<Fate> => {
          if (method === 'GET' || !path.includes(`/${resource.plural}/`)) return 'pass';
          count += 1;
          const value = { disturbed: String(count) };
          await foreignWriterPatch(target.kubeconfig, routePath(), [
            { op: 'add', path: '/metadata/annotations', value },
          ]);
          return 'pass';
        };
        const report = await under(async () => {
          await assert.rejects(new DeliverySteps(contested).shift(0, 100), (error: Error) => {
            assert.equal(error.name, 'TrafficRetryableError', String(error));
            assert.ok(
              error.message.includes(`${resource.kind} ${service.namespace}/helloservice`),
              error.message,
            );
            return true;
          });
          assert.ok(count > 2, `${count} writes were tried`);
          assert.deepEqual(await service.traffic.observe(service.ref), {
            state: 'observed',
            weights: { primary: 100, canary: 0 },
          });
          api.judge = () => 'pass';
          await new DeliverySteps(contested).shift(0, 100);
          await steps.rollback();
        });
        assert.deepEqual(report.failures, []);
      } finally {
        api.stop();
      }
    });

    it('is put back and may be tried again when Helm meets conflicts only', async () => {
      const api = await FaultyApi.start(target.kubeconfig);
      const contested = withCluster(service, { ...target, kubeconfig: api.kubeconfig }, { router });
      try {
        const message =
          'Operation cannot be fulfilled: the object has been modified; please apply your changes';
        api.judge = ({ method, path }) =>
          method === 'GET' || path.includes('/secrets') ? 'pass' : { status: 409, message };
        const report = await under(async () => {
          await assert.rejects(
            new DeliverySteps(contested).deployOnly(target.image('v2'), 'conflicts'),
            (error: Error) => {
              assert.equal(error.name, 'PlatformRetryableError', String(error));
              assert.match(error.message, /the object has been modified/);
              return true;
            },
          );
          api.judge = () => 'pass';
          await new DeliverySteps(contested).deployOnly(target.image('v2'), 'conflicts');
          await steps.rollback();
        });
        assert.deepEqual(report.failures, []);
      } finally {
        api.stop();
      }
    });

    it('takes as long as it needs when other configuration changes all the time, and loses no request', async () => {
      const name = 'churn';
      const path = { ...routePath(), resource: RESOURCES.service, name };
      let running = true;
      const churn = (async () => {
        for (let count = 0; running; count += 1) {
          const ports = [{ name: 'http', port: 1000 + (count % 1000), protocol: 'TCP' }];
          await service.api.apply(path, { metadata: { name }, spec: { selector: { app: 'none' }, ports } });
          await delay(60);
        }
      })();
      try {
        const report = await under(releaseOther);
        assert.deepEqual(report.failures, []);
      } finally {
        running = false;
        await churn;
        await service.api.delete(path);
      }
    });

    it('makes a route again that somebody has deleted', async () => {
      await steps.deployOnly(target.image('v2'));
      await service.api.delete(routePath());
      assert.equal((await service.traffic.observe(service.ref)).state, 'unknown');
      await steps.shift(100, 0);
      await steps.rollback();
      assert.deepEqual((await under(releaseOther)).failures, []);
    });

    it('keeps users where they are when somebody has deleted the side that they should go to', async () => {
      await steps.deployOnly(target.image('v2'));
      await service.api.delete({ ...routePath(), resource: RESOURCES.deployment });
      const report = await under(() =>
        assert.rejects(steps.shift(0, 100), /the canary side .* has no ready endpoint/),
      );
      assert.deepEqual(report.failures, []);
      assert.deepEqual((await under(releaseOther)).failures, []);
    });

    it('keeps users on the canary when somebody has deleted the primary, until a promotion has made it again', async () => {
      await steps.deploy(target.image('v2'));
      await service.api.delete({
        ...routePath(),
        resource: RESOURCES.deployment,
        name: 'helloservice-primary',
      });
      const report = await under(async () => {
        await assert.rejects(steps.shift(100, 0), /the primary side .* has no ready endpoint/);
        await steps.release();
      });
      assert.deepEqual(report.failures, []);
      assert.equal(await primaryImage(), target.image('v2'));
    });

    it('makes a deleted primary and its Service again in their own version, not in the new one', async () => {
      const served = await primaryImage();
      for (const kind of [RESOURCES.deployment, RESOURCES.service])
        await service.api.delete({ ...routePath(), resource: kind, name: 'helloservice-primary' });
      await steps.deployOnly(target.image(served === target.image('v1') ? 'v2' : 'v1'));
      assert.equal(await primaryImage(), served);
      await steps.rollback();
      assert.deepEqual((await under(releaseOther)).failures, []);
    });
  });
}
