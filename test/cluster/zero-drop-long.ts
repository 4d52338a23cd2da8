import { execFileSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { say } from './command.ts';
import { DeliverySteps } from './delivery-steps.ts';
import { stopCluster } from './down.ts';
import { ensureImages } from './images.ts';
import { type LoadReport, type LoadShape, underLoad } from './load.ts';
import { createService } from './service-under-test.ts';
import { clusterSettings } from './settings.ts';
import { clusterTarget, ROUTERS, type RouterName, type Target } from './target.ts';
import { startCluster } from './up.ts';

/**
 * `zero-drop-long.ts [istio|gateway-api|both] [requests 250000] [requests per second 150]`: releases and rollbacks without a
 * pause under constant load until so many requests are sent, half over kept and half over new connections. Prints one JSON
 * row per router (bench/README.md keeps them); exit code 1 when a request failed.
 */
const [which = 'both', requests = '250000', rate = '150'] = process.argv.slice(2);
const routers = ROUTERS.filter((router) => which === 'both' || which === router);
if (routers.length === 0) throw new Error(`${which} is no router; say ${ROUTERS.join(', ')} or both`);

/** Tests and evaluation of a stage, shortened. */
const TEST_MS = 1500;

interface Cycles {
  releases: number;
  rollbacks: number;
  /** Weight writes that the data plane was observed to apply. */
  shifts: number;
  /** Steps that failed and were repeated. */
  retried: number;
}

/** Releases one version step by step, brings the other in, and takes it back; the next round begins with the other one. */
async function cycle(steps: DeliverySteps, images: { next: string; other: string }): Promise<void> {
  await steps.deployOnly(images.next);
  await steps.shift(75, 25);
  await steps.shift(50, 50);
  await steps.shift(0, 100);
  await steps.drain('primary');
  await delay(TEST_MS);
  await steps.release();
  await steps.deploy(images.other);
  await delay(TEST_MS);
  await steps.rollback();
}

interface Work {
  readonly steps: DeliverySteps;
  readonly retried: Error[];
}

async function cycleUntil(end: number, { steps, retried }: Work, target: Target): Promise<Cycles> {
  const count = { releases: 0, rollbacks: 0, shifts: 0, retried: 0 };
  while (Date.now() < end) {
    const [next, other] = count.releases % 2 === 0 ? ['v2', 'v1'] : ['v1', 'v2'];
    await cycle(steps, { next: target.image(next ?? ''), other: target.image(other ?? '') });
    count.releases += 1;
    count.rollbacks += 1;
    // 75, 50, 100 of the first shifts, back after the release, 100 and back of the rollback.
    count.shifts += 6;
    if (count.releases % 5 === 0)
      say(`${count.releases} releases and rollbacks, ${Math.round((end - Date.now()) / 1000)} s to go`);
  }
  for (const error of retried) say(`retried: ${error.message}`);
  return { ...count, retried: retried.length };
}

async function measure(router: RouterName): Promise<boolean> {
  const target = clusterTarget();
  const service = await createService(target, { project: `long-${router}`, router, replicas: 2 });
  try {
    const retried: Error[] = [];
    const steps = new DeliverySteps(service, { retried });
    await steps.deployOnly(target.image('v1'));
    await steps.rollback();
    const end = Date.now() + (Number(requests) / Number(rate)) * 1000;
    const reports: LoadReport[] = [];
    let cycles: Cycles | undefined;
    const load = (connections: LoadShape['connections'], work: () => Promise<void>): Promise<void> =>
      underLoad(
        { url: target.url(router), host: service.host, rate: Number(rate) / 2, connections },
        work,
      ).then((report) => void reports.push(report));
    await load('keep-alive', () =>
      load('close', async () => {
        cycles = await cycleUntil(end, { steps, retried }, target);
      }),
    );
    const failed = reports.reduce((sum, report) => sum + report.failed, 0);
    console.log(JSON.stringify({ ...row(router, reports), ...cycles, failed }));
    return failed === 0;
  } finally {
    await service.remove();
  }
}

function row(router: RouterName, reports: readonly LoadReport[]): object {
  const versions: { [version: string]: number } = {};
  for (const report of reports)
    for (const [version, count] of Object.entries(report.versions))
      versions[version] = (versions[version] ?? 0) + count;
  return {
    bench: 'zero-drop-long',
    date: new Date().toISOString().slice(0, 16),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    router,
    rate: Number(rate),
    requests: reports.reduce((sum, { sent }) => sum + sent, 0),
    seconds: Math.max(...reports.map(({ seconds }) => seconds)),
    versions,
    failures: reports.flatMap(({ failures }) => failures),
    load: loadavg().map((value) => Math.round(value * 10) / 10),
  };
}

const own = !process.env.SLIPWAY_KUBECONFIG;
const settings = clusterSettings();
try {
  if (own) {
    await startCluster(settings);
    await ensureImages(settings);
  }
  for (const router of routers) if (!(await measure(router))) process.exitCode = 1;
} finally {
  if (own && process.env.SLIPWAY_CLUSTER_KEEP !== '1') await stopCluster(settings, false);
}
