import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Deployment } from '@kubernetes/client-node';
import { RESOURCES } from '../../src/activities/kubernetes/resources.ts';
import { readChartArchive } from '../../src/activities/platform/helm/chart-archive.ts';
import { run, until } from './command.ts';
import { ensureDemoImages } from './demo-images.ts';
import { Load } from './load.ts';
import { type Product, startProduct } from './product.ts';
import { program } from './programs.ts';
import { clusterSettings } from './settings.ts';
import { clusterTarget, OWN, tourRouters } from './target.ts';
import { eventData, Sights } from './tour-sights.ts';
import { createVolumes, removeVolumes } from './volumes.ts';

const DEMO = join(import.meta.dirname, '..', '..', 'demo', 'sockshop');
const PROJECT = 'sockshop';
const STAGES = ['dev', 'staging', 'production'];

for (const router of tourRouters('istio')) {
  describe(`the carts tour with ${router}, by the commands of docs/kubernetes.md`, function () {
    this.timeout(600_000);
    this.bail(true);
    const target = clusterTarget();
    const carts = new Sights(target, router, { project: PROJECT, service: 'carts' });
    const folder = mkdtempSync(join(tmpdir(), 'slipway-carts-'));
    let product: Product;
    let loads: { stage: string; load: Load }[] = [];

    const addResource = (service: string, place: string[], file: string, uri: string): Promise<string> => {
      const where = [`--project=${PROJECT}`, `--service=${service}`, ...place];
      return product.run(['add-resource', ...where, `--resource=${file}`, `--resourceUri=${uri}`]);
    };
    /** Triggers a delivery, follows it to its end and answers its Keptn context. */
    const deliver = async (version: string, code: number): Promise<string> => {
      const image = target.demoImage('carts', version);
      const which = [`--project=${PROJECT}`, '--service=carts', `--image=${image}`];
      const out = await product.run(['trigger', 'delivery', ...which, '--watch', '-o', 'json'], code);
      return (JSON.parse(out) as { keptnContext: string }).keptnContext;
    };
    const production = async (): Promise<V1Deployment> =>
      carts.api.get({
        resource: RESOURCES.deployment,
        namespace: 'sockshop-production',
        name: 'carts-primary',
      });

    before(async () => {
      await carts.removeNamespaces(STAGES);
      if (OWN) {
        for (const name of ['carts', 'carts-db'] as const) await ensureDemoImages(clusterSettings(), name);
        // A cluster of kind has a storage class of its own.
        if (!clusterSettings().kind)
          await createVolumes(
            carts.api,
            STAGES.map((stage) => ({ namespace: carts.namespace(stage), claim: 'carts-db' })),
          );
      }
      const namespaces = STAGES.map((stage) => carts.namespace(stage));
      product = await startProduct(target, { router, namespaces });
    });
    after(async () => {
      for (const { load } of loads) await load.stop();
      rmSync(folder, { recursive: true, force: true });
      await product?.stop().finally(() => carts.removeNamespaces(STAGES));
      if (OWN) await removeVolumes(carts.api);
    });

    it('takes the project, the charts and the files', async () => {
      const helm = program(clusterSettings(), 'helm');
      for (const chart of ['carts', 'carts-db']) {
        await run(helm, ['package', join(DEMO, 'charts', chart), '--destination', folder]);
      }
      await product.run(['validate', DEMO]);
      await product.run(['create', 'project', PROJECT, `--shipyard=${join(DEMO, 'shipyard.yaml')}`]);
      for (const service of ['carts', 'carts-db']) {
        await product.run(['create', 'service', service, `--project=${PROJECT}`]);
        const archive = join(folder, `${service}-0.1.0.tgz`);
        await addResource(service, ['--all-stages'], archive, `helm/${service}.tgz`);
      }
      for (const stage of ['dev', 'staging']) {
        const file = join(DEMO, 'jmeter', 'jmeter.conf.yaml');
        await addResource('carts', [`--stage=${stage}`], file, 'jmeter/jmeter.conf.yaml');
      }
    });

    it('delivers the database directly through all stages, without tests', async () => {
      const image = target.demoImage('carts-db', '4.2.2');
      const which = [`--project=${PROJECT}`, '--service=carts-db', `--image=${image}`];
      const started = await product.run([
        ...['trigger', 'delivery', ...which, '--sequence=delivery-direct', '--watch', '-o', 'json'],
      ]);
      const { keptnContext } = JSON.parse(started) as { keptnContext: string };
      for (const stage of STAGES) {
        assert.deepEqual(await carts.deployments(stage), ['carts-db: carts-db:4.2.2 1/1']);
        assert.deepEqual(await carts.services(stage), ['carts-db: app=carts-db 27017>27017']);
      }
      assert.deepEqual(await eventData(product, { keptnContext, type: 'test.triggered' }), []);
      const [deployed] = await eventData(product, {
        keptnContext,
        type: 'deployment.finished',
        stage: 'dev',
      });
      assert.ok(deployed);
      const { gitCommit, ...deployment } = deployed.deployment as { [key: string]: unknown };
      assert.match(String(gitCommit), /^[0-9a-f]{40}$/);
      assert.deepEqual(deployment, {
        deploymentstrategy: 'direct',
        deploymentURIsLocal: ['http://carts-db.sockshop-dev:27017'],
        deploymentURIsPublic: ['http://carts-db.sockshop-dev.slipway.test:80'],
        deploymentNames: ['direct'],
      });
    });

    it('puts 0.10.1 in place: dev directly, staging and production as blue and green', async () => {
      const keptnContext = await deliver('0.10.1', 0);
      const database = 'carts-db: carts-db:4.2.2 1/1';
      assert.deepEqual(await carts.deployments('dev'), [database, 'carts: carts:0.10.1 1/1']);
      for (const stage of ['staging', 'production']) {
        assert.deepEqual(await carts.deployments(stage), [
          database,
          'carts-primary: carts:0.10.1 1/1',
          'carts: carts:0.10.1 0/0',
        ]);
        assert.deepEqual(await carts.services(stage), [
          'carts-canary: app=carts 80>8080',
          'carts-db: app=carts-db 27017>27017',
          'carts-primary: app=carts-primary 80>8080',
          'carts: app=carts 80>8080',
        ]);
        const { versions, page } = await carts.pages(stage);
        assert.deepEqual(versions, ['0.10.1']);
        assert.match(page, /Version:<\/td><td><strong>v1</);
        assert.match(page, new RegExp(`keptn stage:</td><td><strong>${stage}<`));
      }
      assert.deepEqual(
        await carts.routes('staging'),
        router === 'istio'
          ? [
              'DestinationRule carts-canary',
              'DestinationRule carts-db',
              'DestinationRule carts-primary',
              'VirtualService carts',
              'VirtualService carts-db',
            ]
          : ['HTTPRoute carts', 'HTTPRoute carts-db'],
      );
      assert.deepEqual(carts.releases('production'), [
        'sockshop-production-carts-db-generated: carts-db-generated-0.1.0 deployed',
        'sockshop-production-carts-db: carts-db-0.1.0 deployed',
        'sockshop-production-carts-generated: carts-generated-0.1.0 deployed',
        'sockshop-production-carts: carts-0.1.0 deployed',
      ]);
      const { spec, metadata } = await production();
      assert.deepEqual(spec?.selector.matchLabels, { app: 'carts-primary' });
      assert.equal(spec?.template.metadata?.labels?.['app.kubernetes.io/name'], 'carts-primary');
      assert.equal(metadata?.namespace, 'sockshop-production');
      const found = await eventData(product, { keptnContext, type: 'deployment.finished' });
      const told = found.map(({ stage, deployment }) => {
        const { deploymentNames, deploymentstrategy, deploymentURIsLocal } = deployment as {
          [key: string]: unknown;
        };
        return [stage, deploymentstrategy, deploymentNames, deploymentURIsLocal];
      });
      assert.deepEqual(told, [
        ['dev', 'direct', ['direct'], ['http://carts.sockshop-dev:80']],
        ['staging', 'duplicate', ['canary'], ['http://carts.sockshop-staging:80']],
        ['production', 'duplicate', ['canary'], ['http://carts.sockshop-production:80']],
      ]);
    });

    it('takes the quality gate for staging', async () => {
      await product.run(['configure', 'monitoring', 'prometheus', `--project=${PROJECT}`, '--service=carts']);
      const sli = join(DEMO, 'prometheus', 'sli.yaml');
      await addResource('carts', ['--stage=staging'], sli, 'prometheus/sli.yaml');
      await addResource('carts', ['--stage=staging'], join(DEMO, 'slo-quality-gates.yaml'), 'slo.yaml');
      // From here on users are there: a page in staging, and carts in production.
      loads = [
        { stage: 'staging', path: '/' },
        { stage: 'production', path: '/carts/7/items' },
      ].map(({ stage, path }) => ({
        stage,
        load: new Load({
          url: `${target.url(router)}${path}`,
          host: carts.host(stage),
          rate: 25,
          connections: 'keep-alive',
        }),
      }));
      for (const { load } of loads) await load.started();
    });

    it('stops the slow 0.10.2 in staging and rolls it back; production never sees it', async () => {
      const keptnContext = await deliver('0.10.2', 2);
      assert.match((await carts.deployments('dev')).join(), /carts: carts:0\.10\.2 1\/1/);
      const staging = await carts.deployments('staging');
      assert.deepEqual(staging.slice(1), ['carts-primary: carts:0.10.1 1/1', 'carts: carts:0.10.2 0/0']);
      assert.match((await carts.deployments('production')).join(), /carts-primary: carts:0\.10\.1 1\/1/);
      for (const stage of ['staging', 'production']) {
        assert.deepEqual((await carts.pages(stage)).versions, ['0.10.1']);
        await assertWeights(stage, { primary: 100 });
      }
      const [evaluation] = await eventData(product, {
        keptnContext,
        type: 'evaluation.finished',
        stage: 'staging',
      });
      assert.ok(evaluation?.result === 'fail', JSON.stringify(evaluation));
      const { indicatorResults, score } = evaluation.evaluation as {
        score: number;
        indicatorResults: { value: { value: number; metric: string } }[];
      };
      assert.equal(score, 0);
      const measured = indicatorResults[0]?.value.value ?? 0;
      assert.ok(measured > 900 && measured < 1500, JSON.stringify(evaluation));
      // Keptn's shipyard-controller ends a sequence at the task that fails: nothing is released.
      const releases = await eventData(product, {
        keptnContext,
        type: 'release.triggered',
        stage: 'staging',
      });
      assert.deepEqual(releases, []);
      const [rolledBack] = await eventData(product, { keptnContext, type: 'rollback.finished' });
      assert.equal(rolledBack?.message, 'Finished rollback');
      assert.deepEqual(await eventData(product, { keptnContext, type: 'production.delivery.triggered' }), []);
    });

    it('takes 0.10.3 through to production, although its worker is killed in the middle', async () => {
      const delivered = deliver('0.10.3', 0);
      const type = 'sh.keptn.event.release.triggered';
      const which = { project: PROJECT, stage: 'staging', service: 'carts', type };
      const releasing = async (): Promise<boolean> => (await product.client.events(which)).length === 2;
      await until('the release of 0.10.3 in staging to begin', 240, releasing, 200);
      await product.killWorker();
      const keptnContext = await delivered;
      assert.match((await carts.deployments('dev')).join(), /carts: carts:0\.10\.3 1\/1/);
      for (const stage of ['staging', 'production']) {
        const [, primary, canary] = await carts.deployments(stage);
        assert.deepEqual([primary, canary], ['carts-primary: carts:0.10.3 1/1', 'carts: carts:0.10.3 0/0']);
        const { versions, page } = await carts.pages(stage);
        assert.deepEqual(versions, ['0.10.3']);
        assert.match(page, /Version:<\/td><td><strong>v3</);
        await assertWeights(stage, { primary: 100 });
      }
      const [evaluation] = await eventData(product, {
        keptnContext,
        type: 'evaluation.finished',
        stage: 'staging',
      });
      assert.equal(evaluation?.result, 'pass', JSON.stringify(evaluation));
      for (const type of ['release.finished', 'deployment.finished'])
        assert.equal((await eventData(product, { keptnContext, type, stage: 'staging' })).length, 1);
    });

    it('has lost no request of its users meanwhile', async () => {
      for (const { stage, load } of loads) {
        const report = await load.stop();
        const { failed, sent, seconds, versions } = report;
        console.log(
          `      ${stage}: ${failed} of ${sent} failed in ${seconds} s, answered by ${JSON.stringify(versions)}`,
        );
        assert.deepEqual(report.failures, []);
        const seen = stage === 'staging' ? ['0.10.1', '0.10.2', '0.10.3'] : ['0.10.1', '0.10.3'];
        assert.deepEqual(Object.keys(versions).sort(), seen);
      }
      loads = [];
    });

    it('keeps in Git what was deployed: the image in the chart of each stage, and the generated chart', async () => {
      for (const stage of STAGES) {
        const history = carts.history(product, stage);
        assert.ok(history.length >= 4, `${stage}: ${history.join('; ')}`);
      }
      const fileOf = async (chart: string, path: string): Promise<string> => {
        const packed = carts.file(product, 'production', `carts/helm/${chart}.tgz`);
        const { files } = await readChartArchive(packed, chart);
        return Buffer.from(files.get(path) ?? '').toString();
      };
      const values = await fileOf('carts', 'values.yaml');
      assert.match(values, new RegExp(`image: '?"?${target.demoImage('carts', '0.10.3')}`));
      const primary = await fileOf('carts-generated', 'templates/carts-primary-deployment.yaml');
      assert.match(primary, /carts:0\.10\.3/);
    });

    it('heals itself: a problem of production adds a replica, and the evaluation passes', async () => {
      const users = new Load({
        url: `${target.url(router)}/carts/7/items`,
        host: carts.host('production'),
        rate: 20,
        connections: 'keep-alive',
      });
      try {
        const inProduction = ['--stage=production'];
        await addResource('carts', inProduction, join(DEMO, 'prometheus', 'sli.yaml'), 'prometheus/sli.yaml');
        await addResource('carts', inProduction, join(DEMO, 'slo-self-healing.yaml'), 'slo.yaml');
        await addResource('carts', inProduction, join(DEMO, 'remediation.yaml'), 'remediation.yaml');
        const out = await product.run(['send', 'event', '-f', join(DEMO, 'problem.json'), '-o', 'json']);
        const { keptnContext } = JSON.parse(out) as { keptnContext: string };
        await product.run(['wait', keptnContext]);
        assert.equal((await production()).status?.readyReplicas, 2);
        const [evaluation] = await eventData(product, { keptnContext, type: 'evaluation.finished' });
        assert.equal(evaluation?.result, 'pass', JSON.stringify(evaluation));
        const [action] = await eventData(product, { keptnContext, type: 'action.finished' });
        assert.equal(action?.message, 'Successfully executed scaling action');
      } finally {
        assert.deepEqual((await users.stop()).failures, []);
      }
    });

    async function assertWeights(stage: string, expected: { primary: number }): Promise<void> {
      const weights = await carts.dataPlaneWeights(stage);
      if (weights === undefined) return;
      assert.equal(weights['carts-primary'] ?? 0, expected.primary, JSON.stringify(weights));
      assert.equal(weights['carts-canary'] ?? 0, 100 - expected.primary, JSON.stringify(weights));
    }
  });
}
