import { GitConfigRepo } from '../../src/activities/config/git-config-repo.ts';
import { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import { HelmCommand } from '../../src/activities/platform/helm/helm-command.ts';
import { HelmPlatform } from '../../src/activities/platform/helm-platform.ts';
import type { Step } from '../contract/release-walk.ts';
import { DeliverySteps } from './delivery-steps.ts';
import { findHelm } from './programs.ts';
import { clusterSettings } from './settings.ts';
import { clusterTarget, type RouterName } from './target.ts';

/**
 * `release-worker.ts <job as JSON>`: one whole release from a given step on, in a process that a test can kill. Before each
 * step it prints the step's number; the keys are those of the steps, so that a second worker repeats and does not double.
 */
export interface ReleaseJob {
  readonly directory: string;
  readonly project: string;
  readonly router: RouterName;
  readonly image: string;
  readonly key: string;
  readonly from: number;
  /** Carries out this step alone, in place of all from `from` on. */
  readonly only?: Step;
}

/** Steps in the order of the protocol. */
export const STEP_NAMES = [
  'deploy',
  'shift to canary',
  'drain primary',
  'promote',
  'shift to primary',
  'drain canary',
  'retire canary',
];

async function work(job: ReleaseJob): Promise<void> {
  const target = clusterTarget();
  const api = KubernetesApi.load(target.kubeconfig);
  const program = findHelm(clusterSettings());
  const helm = new HelmCommand({
    kubeconfig: target.kubeconfig,
    ...(program === undefined ? {} : { program }),
  });
  const ingress = { ingressHostnameSuffix: 'slipway.test' };
  const config = new GitConfigRepo({ directory: job.directory });
  const traffic = target.traffic(job.router, api, ingress);
  const platform = new HelmPlatform(
    { api, helm, config, routes: traffic },
    { mesh: job.router, ingress, rolloutTimeoutSeconds: 60 },
  );
  const ref = { project: job.project, stage: 'hardening', service: 'helloservice' };
  const steps = new DeliverySteps({ ref, platform, traffic });
  const order = [
    () => steps.deployOnly(job.image, job.key),
    () => steps.shift(0, 100),
    () => steps.drain('primary'),
    () => steps.promote(job.key),
    () => steps.shift(100, 0),
    () => steps.drain('canary'),
    () => steps.retire('canary'),
  ];
  if (job.only !== undefined) {
    process.stdout.write('step 0\n');
    await steps.carryOut(job.only);
    process.stdout.write('done\n');
    return;
  }
  for (const [index, step] of order.entries()) {
    if (index < job.from) continue;
    process.stdout.write(`step ${index}\n`);
    await step();
  }
  process.stdout.write('done\n');
}

if (process.argv[1] === import.meta.filename) await work(JSON.parse(process.argv[2] ?? '') as ReleaseJob);
