import { strict as assert } from 'node:assert';
import { DeliverySteps } from './delivery-steps.ts';
import { FaultyApi } from './faulty-api.ts';
import { type LoadReport, underLoad } from './load.ts';
import { createService } from './service-under-test.ts';
import { clusterTarget, type RouterName } from './target.ts';

const target = clusterTarget();
const OUTAGE_MS = Number(process.env.SLIPWAY_OUTAGE_SECONDS ?? 60) * 1000;

/** Steps of the protocol in their order. */
const STEPS: readonly [string, (steps: DeliverySteps) => Promise<void>][] = [
  ['deploy', (steps) => steps.deployOnly(target.image('v2'), 'outage')],
  ['shift to canary', (steps) => steps.shift(0, 100)],
  ['drain primary', (steps) => steps.drain('primary')],
  ['promote', (steps) => steps.promote('outage')],
  ['shift to primary', (steps) => steps.shift(100, 0)],
  ['drain canary', (steps) => steps.drain('canary')],
  ['retire canary', (steps) => steps.retire('canary')],
];

const CASES: readonly { step: string; router: RouterName; how: 'refuses' | 'is silent' }[] = [
  ...STEPS.map(([step], index) => ({
    step,
    router: 'istio' as const,
    how: index % 2 === 0 ? ('refuses' as const) : ('is silent' as const),
  })),
  { step: 'shift to canary', router: 'gateway-api', how: 'refuses' },
  { step: 'shift to primary', router: 'gateway-api', how: 'is silent' },
];

interface Outcome {
  readonly report: LoadReport;
  /** What the attempts during the outage said. */
  readonly errors: readonly Error[];
  readonly found: unknown;
  readonly weights: unknown;
}

/** A whole release; in its step the answer to the first write is lost, and the API server is away for a minute. */
async function releaseWithOutage(
  { step, router, how }: (typeof CASES)[number],
  number: number,
): Promise<Outcome> {
  const api = await FaultyApi.start(target.kubeconfig);
  const project = `outage-${number}`;
  const service = await createService({ ...target, kubeconfig: api.kubeconfig }, { project, router });
  try {
    const errors: Error[] = [];
    const steps = new DeliverySteps(service, { retried: errors });
    await steps.deployOnly(target.image('v1'));
    await steps.rollback();
    const report = await underLoad(
      { url: target.url(router), host: service.host, rate: 20, connections: 'keep-alive' },
      async () => {
        for (const [name, work] of STEPS) {
          if (name === step) arm(api, name, how);
          await work(steps);
        }
      },
    );
    const found = await service.platform.endpoints(service.ref);
    return { report, errors, found, weights: await service.traffic.observe(service.ref) };
  } finally {
    api.judge = () => 'pass';
    api.comeBack();
    await service.remove();
    api.stop();
  }
}

function arm(api: FaultyApi, step: string, how: 'refuses' | 'is silent'): void {
  api.judge = ({ method, path }) => {
    // Helm's own books are Secrets: the write that counts is the one to an object of the service.
    if (!step.startsWith('drain') && (method === 'GET' || path.includes('/secrets'))) return 'pass';
    api.judge = () => 'pass';
    setImmediate(() => api.leave(how));
    setTimeout(() => api.comeBack(), OUTAGE_MS);
    return 'lose the answer';
  };
}

describe(`an API server that is away for ${OUTAGE_MS / 1000} s in the middle of a step`, function () {
  this.timeout(OUTAGE_MS + 400_000);
  const outcomes = new Map<(typeof CASES)[number], Promise<Outcome>>();

  before(() => {
    // All at once: each service has an API server of its own to lose.
    for (const [number, entry] of CASES.entries()) {
      const outcome = releaseWithOutage(entry, number);
      outcome.catch(() => undefined);
      outcomes.set(entry, outcome);
    }
  });
  after(() => Promise.allSettled(outcomes.values()));

  for (const entry of CASES) {
    it(`loses no request through ${entry.router} and ends the release when it ${entry.how} at "${entry.step}"`, async () => {
      const outcome = await outcomes.get(entry);
      assert.ok(outcome);
      const { report, errors, found, weights } = outcome;
      for (const { message } of errors) console.log(`        ${message.split('\n')[0]}`);
      assert.deepEqual(report.failures, []);
      assert.deepEqual(weights, { state: 'observed', weights: { primary: 100, canary: 0 } });
      const { versions, ready } = found as { versions: object; ready: object };
      assert.deepEqual(versions, { primary: target.image('v2') });
      assert.deepEqual(ready, { primary: true, canary: false });
    });
  }
});
