import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { V1Deployment } from '@kubernetes/client-node';
import { RESOURCES } from '../../src/activities/kubernetes/resources.ts';
import { HelmCommand } from '../../src/activities/platform/helm/helm-command.ts';
import { DeliverySteps } from './delivery-steps.ts';
import { underLoad } from './load.ts';
import { findHelm } from './programs.ts';
import { type ReleaseJob, STEP_NAMES } from './release-worker.ts';
import { createService, type ServiceUnderTest } from './service-under-test.ts';
import { clusterSettings } from './settings.ts';
import { clusterTarget } from './target.ts';

const target = clusterTarget();
const WORKER = join(import.meta.dirname, 'release-worker.ts');

/** Runs a worker; kills it -9 some milliseconds after it has begun the given step. Answers the last step it began, or `done`. */
async function runWorker(
  job: ReleaseJob,
  kill?: { step: number; afterMs: number },
): Promise<number | 'done'> {
  const child = spawn(process.execPath, [WORKER, JSON.stringify(job)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last: number | 'done' = job.from;
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    last = line === 'done' ? 'done' : Number(line.split(' ')[1]);
    if (last === kill?.step) setTimeout(() => child.kill('SIGKILL'), kill.afterMs);
  });
  await new Promise((resolve) => child.once('close', resolve));
  return last;
}

describe('a worker that is killed in the middle of a release', function () {
  this.timeout(300_000);
  let service: ServiceUnderTest;
  let steps: DeliverySteps;
  let releases = 0;

  before(async () => {
    service = await createService(target, { project: 'crash', router: 'istio', replicas: 2 });
    steps = new DeliverySteps(service);
    await steps.deployOnly(target.image('v1'));
    await steps.rollback();
  });
  after(() => service?.remove());

  const images = async (): Promise<{ [name: string]: string }> => {
    const all = await service.api.list<V1Deployment>({
      resource: RESOURCES.deployment,
      namespace: service.namespace,
    });
    return Object.fromEntries(
      all.map(({ metadata, spec }) => [
        metadata?.name,
        `${spec?.template.spec?.containers[0]?.image} x${spec?.replicas}`,
      ]),
    );
  };

  for (const [step, name] of STEP_NAMES.entries()) {
    it(`goes on after kill -9 at "${name}", doubles nothing and loses no request`, async () => {
      releases += 1;
      const version = releases % 2 === 1 ? 'v2' : 'v1';
      const { directory, ref, host } = service;
      const base = {
        directory,
        project: ref.project,
        router: 'istio' as const,
        image: target.image(version),
        key: `crash-${releases}`,
      };
      const report = await underLoad(
        { url: target.url('istio'), host, rate: 200, connections: 'keep-alive' },
        async () => {
          const reached = await runWorker({ ...base, from: 0 }, { step, afterMs: 30 + 120 * (releases % 4) });
          const from = reached === 'done' ? STEP_NAMES.length : reached;
          assert.equal(await runWorker({ ...base, from }), from === STEP_NAMES.length ? from : 'done');
        },
      );
      assert.deepEqual(report.failures, []);
      assert.deepEqual(await images(), {
        helloservice: `${target.image(version)} x0`,
        'helloservice-primary': `${target.image(version)} x2`,
      });
    });
  }

  it('leaves one revision per step in the history of the releases', async () => {
    const program = findHelm(clusterSettings());
    const helm = new HelmCommand({
      kubeconfig: target.kubeconfig,
      ...(program === undefined ? {} : { program }),
    });
    const name = `${service.namespace}-helloservice`;
    const all = await helm.history({ name, namespace: service.namespace });
    const made = all.map(({ description }) => description);
    assert.equal(new Set(made).size, made.length, made.join('\n'));
    assert.ok(all.every(({ status }) => status === 'deployed' || status === 'superseded'));
  });

  it('puts the primary back and loses no request when a promotion is aborted', async () => {
    const before = await images();
    const other = (before['helloservice-primary'] ?? '').includes(':v1') ? 'v2' : 'v1';
    const report = await underLoad(
      { url: target.url('istio'), host: service.host, rate: 200, connections: 'keep-alive' },
      async () => {
        await steps.deploy(target.image(other));
        const abort = new AbortController();
        const context = { signal: abort.signal, progress: () => undefined };
        const promotion = service.platform.promote({ ...service.ref, idempotencyKey: 'aborted' }, context);
        const outcome = promotion.then(
          () => 'promoted',
          () => 'aborted',
        );
        await delay(900);
        abort.abort(new Error('aborted by the test'));
        assert.equal(await outcome, 'aborted');
        await steps.rollback();
      },
    );
    assert.deepEqual(report.failures, []);
    assert.equal((await images())['helloservice-primary'], before['helloservice-primary']);
  });
});
