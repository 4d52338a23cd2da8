import { strict as assert } from 'node:assert';
import { setTimeout as delay } from 'node:timers/promises';
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { RESOURCES } from '../../src/activities/kubernetes/resources.ts';
import type { TaskDefinition } from '../../src/sequence/types.ts';
import { stopTemporal } from '../support/temporal.ts';
import { DeliverySteps } from './delivery-steps.ts';
import { underLoad } from './load.ts';
import { createService, type ServiceUnderTest } from './service-under-test.ts';
import { withStrategyRuns } from './strategy-runs.ts';
import { clusterTarget, ROUTERS } from './target.ts';

const target = clusterTarget();

const deployment = (properties: TaskDefinition['properties']): TaskDefinition => ({
  name: 'deployment',
  ...(properties === undefined ? {} : { properties }),
});
const CANARY = deployment({
  deploymentstrategy: 'canary',
  'x-steps': [
    { weight: 20, pause: '3s', analysis: true },
    { weight: 60, pause: '2s', analysis: true },
  ],
});
const BLUE_GREEN = deployment({ deploymentstrategy: 'blue_green_service' });

after(stopTemporal);

for (const router of ROUTERS) {
  describe(`how users move through ${router}`, function () {
    this.timeout(600_000);
    let service: ServiceUnderTest;

    before(async () => {
      service = await createService(target, { project: `move-${router}`, router, replicas: 2 });
      const steps = new DeliverySteps(service);
      await steps.deployOnly(target.image('v1'));
      await steps.rollback();
    });
    after(() => service?.remove());

    const load = (rate: number, connections: 'close' | 'keep-alive') => ({
      url: target.url(router),
      host: service.host,
      rate,
      connections,
    });
    const images = async (): Promise<{ [name: string]: string }> => {
      const { api, namespace } = service;
      const all = await api.list<V1Deployment>({ resource: RESOURCES.deployment, namespace });
      const shown = all.map(({ metadata, spec }) => [
        metadata?.name ?? '',
        `${spec?.template.spec?.containers[0]?.image} x${spec?.replicas}`,
      ]);
      return Object.fromEntries(shown);
    };
    const primaryPods = async (): Promise<string[]> => {
      const { api, namespace } = service;
      const pods = await api.list<V1Pod>({ resource: RESOURCES.pod, namespace });
      const names = pods.map(({ metadata }) => metadata?.name ?? '');
      return names.filter((name) => name.startsWith('helloservice-primary-')).toSorted();
    };

    it('steps to a canary that the gate stops, and back, without a failed request', async () => {
      await withStrategyRuns(service, target.url(router), async ({ run, recorded }) => {
        const report = await underLoad(load(150, 'close'), async () => {
          const outcome = await run([CANARY], target.image('slower'));
          assert.deepEqual([outcome.status, outcome.result], ['succeeded', 'fail']);
        });
        assert.deepEqual(report.failures, []);
        const { slower = 0, v1 = 0 } = report.versions;
        assert.ok(
          slower > 0 && slower < 0.4 * (slower + v1),
          `${slower} answers of the canary, ${v1} of the primary`,
        );
        const finished = recorded.events.find(({ type }) => type.endsWith('deployment.finished'));
        assert.match(
          finished?.data.message ?? '',
          /^the canary was stopped at 20 % of the users: evaluation fail/,
        );
        assert.deepEqual(await service.traffic.written(service.ref), { primary: 100, canary: 0 });
        assert.deepEqual(await images(), {
          helloservice: `${target.image('slower')} x0`,
          'helloservice-primary': `${target.image('v1')} x2`,
        });
      });
    });

    it('steps to a canary that is good up to all users, and the release makes it the primary', async () => {
      await withStrategyRuns(service, target.url(router), async ({ run, recorded }) => {
        const report = await underLoad(load(150, 'keep-alive'), async () => {
          const outcome = await run([CANARY, { name: 'release' }], target.image('v2'));
          assert.equal(outcome.result, 'pass');
        });
        assert.deepEqual(report.failures, []);
        const judged = recorded.events.filter(({ type }) => type.endsWith('evaluation.finished'));
        assert.deepEqual(
          judged.map(({ data }) => [data.labels?.['canary-step'], data.result]),
          [
            ['20', 'pass'],
            ['60', 'pass'],
          ],
        );
        assert.equal((await images())['helloservice-primary'], `${target.image('v2')} x2`);
      });
    });

    it('goes back to a version that is kept warm with one write, without a failed request', async () => {
      await withStrategyRuns(service, target.url(router), async ({ run }) => {
        const kept: TaskDefinition = { name: 'release', properties: { 'x-keep-warm': '10m' } };
        const before = await primaryPods();
        const report = await underLoad(load(500, 'keep-alive'), async () => {
          assert.equal((await run([BLUE_GREEN, kept], target.image('v1'))).result, 'pass');
          await delay(1000);
          assert.deepEqual(await service.traffic.written(service.ref), { primary: 0, canary: 100 });
          const outcome = await run([{ name: 'rollback', properties: { 'x-warm': true } }]);
          assert.equal(outcome.result, 'pass');
        });
        assert.deepEqual(report.failures, []);
        assert.ok(
          (report.versions.v1 ?? 0) > 0 && (report.versions.v2 ?? 0) > 0,
          'both versions have served',
        );
        assert.deepEqual(await primaryPods(), before);
        assert.deepEqual(await images(), {
          helloservice: `${target.image('v1')} x0`,
          'helloservice-primary': `${target.image('v2')} x2`,
        });
      });
    });

    it('completes a release that is kept warm when the next delivery comes, without a failed request', async () => {
      await withStrategyRuns(service, target.url(router), async ({ run }) => {
        const kept: TaskDefinition = { name: 'release', properties: { 'x-keep-warm': '10m' } };
        const report = await underLoad(load(150, 'close'), async () => {
          assert.equal((await run([BLUE_GREEN, kept], target.image('v1'))).result, 'pass');
          assert.equal((await run([BLUE_GREEN, { name: 'release' }], target.image('v2'))).result, 'pass');
        });
        assert.deepEqual(report.failures, []);
        assert.ok((report.versions.v1 ?? 0) > 0, 'the version in between has served');
        assert.equal((await images())['helloservice-primary'], `${target.image('v2')} x2`);
      });
    });

    it('leaves users on the primary while tests call the canary itself', async () => {
      await withStrategyRuns(service, target.url(router), async ({ run, recorded }) => {
        const stay = deployment({ deploymentstrategy: 'blue_green_service', 'x-users': 'primary' });
        const report = await underLoad(load(150, 'close'), async () => {
          assert.equal((await run([stay], target.image('slower'))).result, 'pass');
          await run([{ name: 'rollback' }]);
        });
        assert.deepEqual(report.failures, []);
        assert.deepEqual(Object.keys(report.versions), ['v2']);
        const finished = recorded.events.find(({ type }) => type.endsWith('deployment.finished'));
        const { deploymentURIsLocal } = (finished?.data.deployment ?? {}) as {
          deploymentURIsLocal?: string[];
        };
        assert.match(deploymentURIsLocal?.[0] ?? '', /^http:\/\/helloservice-canary\./);
        assert.equal((await images()).helloservice, `${target.image('slower')} x0`);
      });
    });
  });
}
