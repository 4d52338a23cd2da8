import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, until } from './command.ts';
import { ensureDemoImages } from './demo-images.ts';
import { Load } from './load.ts';
import { type Product, startProduct } from './product.ts';
import { program } from './programs.ts';
import { clusterSettings } from './settings.ts';
import { clusterTarget, OWN, tourRouters } from './target.ts';
import { eventData, Sights } from './tour-sights.ts';

const DEMO = join(import.meta.dirname, '..', '..', 'demo', 'podtato-head');
const PROJECT = 'podtatohead';
const SERVICE = 'helloservice';
const STAGES = ['hardening', 'production'];

for (const router of tourRouters('gateway-api')) {
  describe(`the podtato-head tour with ${router}`, function () {
    this.timeout(600_000);
    this.bail(true);
    const target = clusterTarget();
    const sights = new Sights(target, router, { project: PROJECT, service: SERVICE });
    const folder = mkdtempSync(join(tmpdir(), 'slipway-podtato-'));
    const stages: { [stage: string]: Load } = {};
    let product: Product;

    const add = (place: string[], file: string, uri: string): Promise<string> =>
      product.run([
        'add-resource',
        `--project=${PROJECT}`,
        ...place,
        `--resource=${file}`,
        `--resourceUri=${uri}`,
      ]);
    /** The arguments of a delivery; the chart's `imagePullPolicy: Always` needs a registry, which the own cluster has not. */
    const delivery = (version: string): string[] => [
      ...['trigger', 'delivery', `--project=${PROJECT}`, `--service=${SERVICE}`],
      `--image=${target.demoImage('podtatoserver', version)}`,
      ...['--values=imagePullPolicy=IfNotPresent', '--labels=tour=podtato', '--watch', '-o', 'json'],
    ];
    const contextOf = (out: string): string => (JSON.parse(out) as { keptnContext: string }).keptnContext;
    const serving = async (): Promise<{ [stage: string]: string[] }> =>
      Object.fromEntries(
        await Promise.all(
          STAGES.map(async (stage) => [stage, (await sights.pages(stage)).versions] as const),
        ),
      );

    before(async () => {
      await sights.removeNamespaces(STAGES);
      if (OWN) await ensureDemoImages(clusterSettings(), 'podtatoserver');
      product = await startProduct(target, {
        router,
        namespaces: STAGES.map((name) => sights.namespace(name)),
      });
    });
    after(async () => {
      for (const load of Object.values(stages)) await load.stop();
      rmSync(folder, { recursive: true, force: true });
      await product?.stop().finally(() => sights.removeNamespaces(STAGES));
    });

    it('takes the project, the chart and the files', async () => {
      await run(program(clusterSettings(), 'helm'), [
        ...['package', join(DEMO, 'charts', SERVICE), '--destination', folder],
      ]);
      await product.run(['create', 'project', PROJECT, `--shipyard=${join(DEMO, 'shipyard.yaml')}`]);
      await product.run(['create', 'service', SERVICE, `--project=${PROJECT}`]);
      const service = `--service=${SERVICE}`;
      const chart = join(folder, 'podtatoserver-0.1.0.tgz');
      await add([service, '--all-stages'], chart, `helm/${SERVICE}.tgz`);
      await product.run(['configure', 'monitoring', 'prometheus', `--project=${PROJECT}`, service]);
      for (const file of ['slo.yaml', 'prometheus/sli.yaml', 'jmeter/jmeter.conf.yaml'])
        await add([service, '--stage=hardening'], join(DEMO, file), file);
    });

    it('delivers the good v0.1.1 to both stages', async () => {
      const keptnContext = contextOf(await product.run(delivery('v0.1.1')));
      assert.deepEqual(await serving(), { hardening: ['v0.1.1'], production: ['v0.1.1'] });
      for (const stage of STAGES) {
        assert.deepEqual(await sights.deployments(stage), [
          'helloservice-primary: podtatoserver:v0.1.1 1/1',
          'helloservice: podtatoserver:v0.1.1 0/0',
        ]);
        assert.deepEqual(await sights.services(stage), [
          'helloservice-canary: app=helloservice 80>9000',
          'helloservice-primary: app=helloservice-primary 80>9000',
          'helloservice: app=helloservice 80>9000',
        ]);
      }
      const [evaluation] = await eventData(product, { keptnContext, type: 'evaluation.finished' });
      assert.equal(evaluation?.result, 'pass', JSON.stringify(evaluation));
      const [deployed] = await eventData(product, { keptnContext, type: 'deployment.finished' });
      assert.deepEqual(deployed?.labels, { tour: 'podtato' });
      for (const stage of STAGES) {
        const host = sights.host(stage);
        const load = new Load({ url: `${target.url(router)}/`, host, rate: 25, connections: 'close' });
        stages[stage] = load;
        await load.started();
      }
    });

    it('stops the slow v0.1.2 in hardening, and rolls it back although the worker is killed meanwhile', async () => {
      const failing = product.run(delivery('v0.1.2'), 2);
      const type = 'sh.keptn.event.rollback.triggered';
      const begun = async (): Promise<boolean> =>
        (await product.client.events({ project: PROJECT, stage: 'hardening', type })).length > 0;
      await until('the rollback to begin', 240, begun, 100);
      await product.killWorker();
      const keptnContext = contextOf(await failing);
      await until(
        'the rollback to end',
        120,
        async () =>
          (await eventData(product, { keptnContext, type: 'hardening.rollback.finished' })).length === 1,
      );
      assert.deepEqual(await serving(), { hardening: ['v0.1.1'], production: ['v0.1.1'] });
      assert.deepEqual(await sights.deployments('hardening'), [
        'helloservice-primary: podtatoserver:v0.1.1 1/1',
        'helloservice: podtatoserver:v0.1.2 0/0',
      ]);
      const [evaluation] = await eventData(product, { keptnContext, type: 'evaluation.finished' });
      assert.equal(evaluation?.result, 'fail', JSON.stringify(evaluation));
      assert.deepEqual(await eventData(product, { keptnContext, type: 'production.delivery.triggered' }), []);
    });

    it('lets v0.1.3 wait in front of production until somebody approves it', async () => {
      await add([], join(DEMO, 'shipyard-with-approval.yaml'), 'shipyard.yaml');
      const delivered = product.run(delivery('v0.1.3'));
      const where = ['--project', PROJECT, '--stage', 'production'];
      await until('an approval to be open', 240, async () => {
        return (await product.client.openApprovals({ project: PROJECT })).length === 1;
      });
      assert.deepEqual(await serving(), { hardening: ['v0.1.3'], production: ['v0.1.1'] });
      await product.run(['approve', ...where, '--reason', 'checked by hand']);
      await delivered;
      assert.deepEqual(await serving(), { hardening: ['v0.1.3'], production: ['v0.1.3'] });
    });

    it('has lost no request of its users meanwhile', async () => {
      for (const [stage, load] of Object.entries(stages)) {
        delete stages[stage];
        const { failures, failed, sent, seconds, versions } = await load.stop();
        const seen = `${failed} of ${sent} failed in ${seconds} s, answered by ${JSON.stringify(versions)}`;
        console.log(`      ${stage}: ${seen}`);
        assert.deepEqual(failures, []);
      }
    });
  });
}
