import { strict as assert } from 'node:assert';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { until } from './command.ts';
import { ensureDemoImages } from './demo-images.ts';
import { HOST_SUFFIX } from './product.ts';
import { findHelm, program } from './programs.ts';
import { clusterSettings } from './settings.ts';
import { clusterTarget, OWN } from './target.ts';
import { Sights } from './tour-sights.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const BIN = join(ROOT, 'bin', 'slipway.mjs');
const DEMO = join(ROOT, 'demo', 'podtato-head');
const STAGES = ['hardening', 'production'];
const exec = promisify(execFile);

/** The commands of "First delivery on your cluster" in docs/kubernetes.md; what they print there comes from here. */
describe('the first delivery on a cluster, with `slipway dev` and a kubeconfig', function () {
  this.timeout(600_000);
  const target = clusterTarget();
  const sights = new Sights(target, 'istio', { project: 'first', service: 'helloservice' });
  const folder = mkdtempSync(join(tmpdir(), 'slipway-first-'));
  const helm = findHelm(clusterSettings());
  const env = {
    ...process.env,
    SLIPWAY_STATE_DIR: join(folder, 'state'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    NO_COLOR: '1',
  };
  const slipway = async (...args: string[]): Promise<string> => {
    const { stdout } = await exec(process.execPath, [BIN, ...args], { env, timeout: 500_000 });
    console.log(`      $ slipway ${args.join(' ')}\n${stdout.replace(/^/gm, '      ')}`);
    return stdout;
  };

  before(async () => {
    await sights.removeNamespaces(STAGES);
    if (OWN) await ensureDemoImages(clusterSettings(), 'podtatoserver');
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await sights.removeNamespaces(STAGES);
  });

  it('needs no Temporal, no Postgres and no registry of charts', async () => {
    const cluster = {
      ...target.workerEnv('istio'),
      KUBECONFIG: target.kubeconfig,
      SLIPWAY_PLATFORM: 'kubernetes',
      SLIPWAY_TRAFFIC: 'istio',
      INGRESS_HOSTNAME_SUFFIX: HOST_SUFFIX,
      ...(helm === undefined ? {} : { SLIPWAY_HELM: helm }),
    };
    const dev = spawn(process.execPath, [BIN, 'dev', '-o', 'json', '--log-level', 'warn'], {
      env: { ...env, ...cluster },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(dev, 'exit');
    try {
      await once(createInterface(dev.stdout), 'line');
      const chart = join(DEMO, 'charts', 'helloservice');
      await exec(program(clusterSettings(), 'helm'), ['package', chart, '--destination', folder]);
      await slipway('create', 'project', 'first', '--shipyard', join(DEMO, 'shipyard.yaml'));
      await slipway('create', 'service', 'helloservice', '--project', 'first');
      const service = ['--project', 'first', '--service', 'helloservice'];
      const archive = join(folder, 'podtatoserver-0.1.0.tgz');
      const uri = ['--resource-uri', 'helm/helloservice.tgz'];
      await slipway('add-resource', ...service, '--all-stages', '--resource', archive, ...uri);
      const workload = join(DEMO, 'jmeter', 'jmeter.conf.yaml');
      const stored = ['--resource', workload, '--resource-uri', 'jmeter/jmeter.conf.yaml'];
      await slipway('add-resource', ...service, '--stage', 'hardening', ...stored);
      const image = target.demoImage('podtatoserver', 'v0.1.1');
      const values = ['--values', 'imagePullPolicy=IfNotPresent'];
      const out = await slipway('trigger', 'delivery', ...service, '--image', image, ...values, '--watch');
      assert.match(out, /first\/helloservice: finished, pass/);
      for (const stage of STAGES) assert.deepEqual((await sights.pages(stage)).versions, ['v0.1.1']);
      await slipway('delete', 'service', 'helloservice', '--project', 'first');
      for (const stage of STAGES)
        await until(`${stage} to be empty`, 120, async () => {
          const left = await Promise.all([
            sights.deployments(stage),
            sights.services(stage),
            sights.routes(stage),
          ]);
          return left.flat().length === 0;
        });
    } finally {
      dev.kill('SIGINT');
      await ended;
    }
  });
});
