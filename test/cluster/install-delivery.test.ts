import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { V1Deployment } from '@kubernetes/client-node';
import { load } from 'js-yaml';
import { RESOURCES } from '../../src/activities/kubernetes/resources.ts';
import { SlipwayClient } from '../../src/client/index.ts';
import { resolveTool } from '../../src/embedded/tools/resolve.ts';
import { CliSandbox } from '../unit/cli/run-cli.ts';
import { run, until } from './command.ts';
import { defineOperatorKinds } from './definitions.ts';
import { Installation } from './installation.ts';
import { metricNames, unknownMetrics } from './metric-names.ts';
import { execInPod } from './pod-exec.ts';
import { objections } from './server-side-check.ts';
import { clusterTarget } from './target.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CHART = join(ROOT, 'k8s', 'slipway');
const TOUR = join(ROOT, 'demo', 'podtato-head');
const target = clusterTarget();

describe('Slipway, installed on a cluster by its chart', function () {
  this.timeout(240_000);
  const names = { release: 'installed', project: 'installed', stages: ['hardening', 'production'] };
  const installation = new Installation(names);
  const cli = new CliSandbox();
  let client: SlipwayClient;
  let forget: () => Promise<void> = async () => undefined;

  before(async function () {
    this.timeout(900_000);
    if (process.env.SLIPWAY_KUBECONFIG) {
      console.log(
        '    skipped: the image is built and imported on the own cluster only (unset SLIPWAY_KUBECONFIG)',
      );
      this.skip();
    }
    forget = await defineOperatorKinds(installation.api);
    await installation.install();
    const endpoint = await installation.endpoint();
    cli.env = { SLIPWAY_ENDPOINT: endpoint, SLIPWAY_TOKEN: installation.token };
    client = new SlipwayClient({ endpoint, token: installation.token });
  });
  after(async () => {
    await installation.remove();
    await forget();
    cli.remove();
  });

  const slipway = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cli.run(args, shipyard());
    assert.equal(code, 0, `slipway ${args.join(' ')}\n${stdout}${stderr}`);
    return stdout;
  };
  const inPod = async (
    component: string,
    ...argv: string[]
  ): Promise<{ exitCode: number; output: string }> => {
    const [pod] = await installation.pods(component);
    const place = { namespace: installation.namespace, pod: pod?.metadata?.name ?? '', container: component };
    return execInPod(installation.kubeconfig, place, argv);
  };
  const delivery = ['trigger', 'delivery', `--project=${names.project}`, '--service=helloservice'];
  const deliver = (version: string, ...more: string[]): Promise<string> => {
    const [image, tag] = target.image(version).split(':');
    const values = '--values=imagePullPolicy=IfNotPresent';
    return slipway(...delivery, `--image=${image}`, `--tag=${tag}`, values, '--output=json', ...more);
  };
  const image = async (namespace: string): Promise<string | undefined> => {
    const path = { resource: RESOURCES.deployment, namespace, name: 'helloservice-primary' };
    const found = await installation.api.find<V1Deployment>(path);
    return found?.spec?.template.spec?.containers[0]?.image;
  };

  for (const component of ['server', 'worker']) {
    it(`runs the ${component} as nobody on a root file system that it cannot write`, async () => {
      const look =
        'const fs = require("fs"); const tried = (f) => { try { fs.writeFileSync(f, ""); return "written"; } catch (e) { return e.code; } };' +
        'console.log(JSON.stringify([process.getuid(), process.getgid(), tried("/app/x"), tried("/etc/x"), tried("/tmp/x"), fs.existsSync("/var/run/secrets/kubernetes.io")]))';
      const { exitCode, output } = await inPod(component, 'node', '-e', look);
      assert.equal(exitCode, 0, output);
      const account = component === 'worker';
      assert.deepEqual(JSON.parse(output), [65532, 65532, 'EROFS', 'EROFS', 'written', account]);
      const effective = await inPod(component, 'grep', 'CapEff', '/proc/1/status');
      assert.match(effective.output, /CapEff:\s+0{16}/);
    });
  }

  it('has in the workers’ pods all that slipway doctor --cluster asks for', async () => {
    const namespaces = `--namespaces=${installation.projectNamespaces.join(',')}`;
    const argv = ['node', '/app/bin/slipway.mjs', 'doctor', '--cluster', namespaces];
    const { exitCode, output } = await inPod('worker', ...argv);
    assert.equal(exitCode, 0, output);
    assert.match(output, /gateway +ok/);
  });

  it('delivers a version to the namespaces of a project, with the rights of the chart alone', async () => {
    await slipway('create', 'project', names.project, '--shipyard=-');
    await slipway('create', 'service', 'helloservice', `--project=${names.project}`);
    const chart = ['--resource', join(TOUR, 'charts', 'helloservice'), '--resource-uri=helm/helloservice'];
    const place = [`--project=${names.project}`, '--all-stages', '--service=helloservice'];
    await slipway('add-resource', ...place, ...chart);
    await deliver('v1', '--watch');
    for (const namespace of installation.projectNamespaces) {
      assert.equal(await image(namespace), target.image('v1'), namespace);
    }
  });

  it('previews the next version for every stage, asked of a worker through the API', async () => {
    type Change = { name: string; step: string; fields: { before: string; after: string }[] };
    type Preview = { stage: string; versions: object; changes: Change[] };
    const { previews } = JSON.parse(await deliver('v2', '--dry-run')) as { previews: Preview[] };
    const field = { before: target.image('v1'), after: target.image('v2') };
    assert.deepEqual(
      previews.map(({ stage, versions, changes }) => [
        stage,
        versions,
        changes.map(({ name, step, fields }) => [
          name,
          step,
          fields.map(({ before, after }) => ({ before, after })),
        ]),
      ]),
      names.stages.map((stage) => [
        stage,
        { running: target.image('v1'), wanted: target.image('v2') },
        [
          ['helloservice', 'deployment', [field]],
          ['helloservice-primary', 'release', [field]],
        ],
      ]),
    );
    assert.equal(await image('installed-hardening'), target.image('v1'));
  });

  it('ends a delivery the same way when every worker pod is killed in the middle of it', async () => {
    const { keptnContext } = JSON.parse(await deliver('v2')) as { keptnContext: string };
    await until('the deployment to begin', 60, async () => {
      const type = 'sh.keptn.event.deployment.started';
      return (await client.events({ project: names.project, keptnContext, type })).length > 0;
    });
    const before = (await installation.pods('worker')).map((pod) => pod.metadata?.name ?? '');
    for (const name of before) {
      const path = { resource: RESOURCES.pod, namespace: installation.namespace, name };
      await installation.api.delete(path, 0);
    }
    const { result } = await client.waitForSequence(keptnContext, { timeoutMs: 180_000 });
    assert.equal(result, 'pass');
    for (const namespace of installation.projectNamespaces) {
      assert.equal(await image(namespace), target.image('v2'), namespace);
    }
    const finished = await client.events({ project: names.project, keptnContext });
    const ids = finished
      .filter(({ type }) => type.endsWith('.deployment.finished'))
      .map(({ data }) => data.stage);
    assert.deepEqual(ids.sort(), [...names.stages].sort());
    await installation.awaitReady('worker');
    const now = (await installation.pods('worker')).map((pod) => pod.metadata?.name ?? '');
    assert.ok(now.every((name) => !before.includes(name)));
  });

  it('serves every metric that the dashboard and the alert rules ask for', async () => {
    const missing = await cli.run([
      ...delivery,
      '--image=localhost/slipway-test:none',
      '--values=imagePullPolicy=Never',
      '--watch',
    ]);
    assert.equal(missing.code, 2, missing.stdout + missing.stderr);
    const service = [`--project=${names.project}`, '--stage=hardening', '--service=helloservice'];
    await slipway('trigger', 'evaluation', ...service, '--timeframe=1m', '--watch');
    const scrape =
      'fetch("http://127.0.0.1:9464/metrics").then((response) => response.text()).then((text) => console.log(text))';
    const scraped: string[] = [];
    for (const component of ['server', 'worker']) {
      for (const pod of await installation.pods(component)) {
        const place = {
          namespace: installation.namespace,
          pod: pod.metadata?.name ?? '',
          container: component,
        };
        scraped.push((await execInPod(installation.kubeconfig, place, ['node', '-e', scrape])).output);
      }
    }
    const rules = readFileSync(join(CHART, 'alert-rules.yaml'), 'utf8');
    const dashboard = readFileSync(join(CHART, 'dashboard.json'), 'utf8');
    const used = [...metricNames(rules), ...metricNames(dashboard)];
    assert.ok(used.length > 10);
    assert.deepEqual(unknownMetrics(used, scraped.join('\n')), []);
    const { path } = await resolveTool('prometheus', { onProgress: (line) => console.log(`    ${line}`) });
    const promtool = join(path, '..', 'promtool');
    assert.match(await run(promtool, ['check', 'rules', join(CHART, 'alert-rules.yaml')]), /6 rules found/);
  });

  for (const kind of ['hpa', 'keda']) {
    it(`has objects that the cluster's API server takes without objection, with ${kind}`, async () => {
      const manifests = installation.render(
        `worker.autoscaling.kind=${kind}`,
        'postgres.enabled=true',
        'temporal.apiKeySecret=cloud',
      );
      assert.ok((await manifests).length > 20);
      assert.deepEqual(
        await objections(installation.kubeconfig, installation.namespace, await manifests),
        [],
      );
    });
  }

  it('leaves nothing behind when it is uninstalled, but the claim of the projects’ files', async () => {
    await installation.uninstall();
    assert.deepEqual(await installation.leftovers(), [`PersistentVolumeClaim ${names.release}-state`]);
  });
});

/** The tour's shipyard without the tasks that need names of Services inside the cluster: the own cluster has no DNS. */
function shipyard(): string {
  const file = load(readFileSync(join(TOUR, 'shipyard.yaml'), 'utf8')) as {
    spec: { stages: { sequences: { tasks: { name: string }[] }[] }[] };
  };
  for (const sequence of file.spec.stages.flatMap(({ sequences }) => sequences)) {
    sequence.tasks = sequence.tasks.filter(({ name }) => name !== 'test' && name !== 'evaluation');
  }
  return JSON.stringify(file);
}
