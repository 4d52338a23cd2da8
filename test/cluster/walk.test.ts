import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { moves, ReleaseWalk, type Step, type WalkedService } from '../contract/release-walk.ts';
import { DeliverySteps } from './delivery-steps.ts';
import { underLoad } from './load.ts';
import type { ReleaseJob } from './release-worker.ts';
import { createService, type ServiceUnderTest } from './service-under-test.ts';
import { clusterTarget, ROUTERS, type RouterName } from './target.ts';

const target = clusterTarget();
const LENGTH = Number(process.env.SLIPWAY_WALK_MOVES ?? 25);
const SEED = Number(process.env.SLIPWAY_WALK_SEED ?? Date.now() % 1_000_000);

/** Carries out the step in a worker of its own, which ends by kill -9 some milliseconds after it has begun. */
async function kill(
  service: ServiceUnderTest,
  router: RouterName,
  cut: { step: Step; afterMs: number },
): Promise<void> {
  const { directory, ref } = service;
  const job: ReleaseJob = {
    directory,
    project: ref.project,
    router,
    image: '',
    key: '',
    from: 0,
    only: cut.step,
  };
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'release-worker.ts'), JSON.stringify(job)],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  createInterface({ input: child.stdout }).once('line', () => {
    setTimeout(() => child.kill('SIGKILL'), cut.afterMs);
  });
  await new Promise((resolve) => child.once('close', resolve));
}

function walked(service: ServiceUnderTest, router: RouterName, retried: Error[]): WalkedService {
  const steps = new DeliverySteps(service, { retried });
  return {
    images: [target.image('v1'), target.image('v2')],
    run: (step) => steps.carryOut(step),
    kill: (step, afterMs) => kill(service, router, { step, afterMs }),
    abortPromotion: async (key, afterMs) => {
      const abort = new AbortController();
      const context = { signal: abort.signal, progress: () => undefined };
      const outcome = service.platform.promote({ ...service.ref, idempotencyKey: key }, context).then(
        () => true,
        (error: unknown) => {
          if (abort.signal.aborted) return false;
          throw error;
        },
      );
      await Promise.race([delay(afterMs), outcome]);
      abort.abort(new Error('aborted by the walk'));
      return outcome;
    },
    endpoints: () => service.platform.endpoints(service.ref),
    observe: () => service.traffic.observe(service.ref),
  };
}

for (const router of ROUTERS) {
  describe(`a walk of ${LENGTH} moves through releases by ${router}, seed ${SEED}`, function () {
    this.timeout(LENGTH * 60_000);
    let service: ServiceUnderTest;

    before(async () => {
      service = await createService(target, { project: `walk-${router}`, router });
    });
    after(() => service?.remove());

    it('keeps weights, versions and endpoints together and loses no request, whatever is killed or aborted', async () => {
      const retried: Error[] = [];
      const world = walked(service, router, retried);
      await world.run({ kind: 'deploy', image: world.images[0], key: 'first' });
      await world.run({ kind: 'shift', primary: 100, canary: 0 });
      await world.run({ kind: 'retire', side: 'canary' });
      const walk = new ReleaseWalk(world);
      const path = fc.sample(moves, { seed: SEED, numRuns: LENGTH });
      const report = await underLoad(
        { url: target.url(router), host: service.host, rate: 50, connections: 'keep-alive' },
        async () => {
          for (const [index, move] of path.entries()) {
            try {
              await walk.go(move);
            } catch (error) {
              throw new Error(`move ${index + 1}, ${JSON.stringify(move)}: ${String(error)}`, {
                cause: error,
              });
            }
          }
        },
      );
      for (const { message } of retried) console.log(`        retried: ${message.split('\n')[0]}`);
      assert.deepEqual(report.failures, []);
    });
  });
}
