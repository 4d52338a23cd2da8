import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { createRuns, type Runs } from '../../src/client/engine.ts';
import { UnreachableError } from '../../src/client/errors.ts';
import { SlipwayClient } from '../../src/client/index.ts';
import { freePort } from '../../src/embedded/ports.ts';
import type { OpenTrigger } from '../../src/store/store.ts';
import { ActivityWorld, SCOPE } from '../support/activity-world.ts';
import { eventually } from '../support/eventually.ts';
import { stopTemporal, temporal, withWorker } from '../support/temporal.ts';
import type { HttpOrder, HttpProcessOptions } from './http-process.ts';
import { ProgramHandle } from './program-handle.ts';

const EVERY = Number(process.env.DURABILITY_HTTP_EVERY ?? 2);
const ONLY = process.env.DURABILITY_SCENARIO;
/** Stories that are told at the same time over one server. */
const SERVICES = ['carts', 'orders', 'payment'];
const SHIPYARD = `
apiVersion: spec.keptn.sh/0.2.3
kind: Shipyard
metadata: { name: s }
spec:
  stages:
    - name: dev
      sequences:
        - name: delivery
          tasks:
            - name: handwork
            - { name: approval, properties: { pass: manual, warning: manual } }
    - name: prod
      sequences:
        - name: delivery
          triggeredOn: [{ event: dev.delivery.finished }]
          tasks: [{ name: announce }]
`;

class HttpHandle extends ProgramHandle<HttpProcessOptions, HttpOrder> {
  constructor(options: HttpProcessOptions) {
    super('http-process.ts', options);
  }
}

if (ONLY === undefined || ONLY === 'http') {
  describe('an HTTP server killed with SIGKILL', function () {
    this.timeout(1_800_000);
    let world: ActivityWorld;
    before(async () => {
      world = await ActivityWorld.open();
      await world.write('shipyard.yaml', SHIPYARD, 'project');
      for (const name of SERVICES)
        await world.store.saveService({ name, project: SCOPE.project, creationDate: '0' });
    });
    after(async () => {
      await world?.close();
      await stopTemporal();
    });

    it('after any step of any trigger, answer and approval loses none of them and doubles none', async () => {
      const { environment } = await temporal();
      const parts: { runs?: Runs } = {};
      const activities = world.activities({ runs: { trigger: async (event) => parts.runs?.trigger(event) } });
      await withWorker(activities, async ({ client: temporalClient, taskQueue }) => {
        const { store, config, places } = world;
        parts.runs = createRuns({
          temporalClient,
          store,
          config,
          taskQueue,
          logger: pino({ level: 'silent' }),
        });
        const server = {
          ...places,
          address: environment.address,
          taskQueue,
          port: await freePort('the server'),
          directory: places.gitDirectory,
        };
        const theatre = new Theatre(world, server);
        try {
          const expected = await theatre.tell(0);
          let kills = 0;
          for (let dieAfter = 1; ; dieAfter += EVERY) {
            const told = await theatre.tell(dieAfter);
            assert.deepEqual(told.outcomes, expected.outcomes, `killed after call ${dieAfter}`);
            if (!told.killed) break;
            kills += 1;
          }
          assert.ok(kills > 10, `only ${kills} kills`);
          console.log(`      http: ${kills} kills of the server with ${SERVICES.length} stories in flight`);
        } finally {
          await theatre.close();
        }
      });
    });
  });
}

interface Outcome {
  service: string;
  runs: string[];
  events: string[];
}

/** Tells stories over one server, which dies at the given call and has a successor. */
class Theatre {
  readonly #world: ActivityWorld;
  readonly #options: HttpProcessOptions;
  readonly #client: SlipwayClient;
  #standby: HttpHandle;

  constructor(world: ActivityWorld, options: HttpProcessOptions) {
    this.#world = world;
    this.#options = options;
    this.#client = new SlipwayClient({ endpoint: `http://127.0.0.1:${options.port}/api` });
    this.#standby = new HttpHandle(options);
  }

  async tell(dieAfter: number): Promise<{ outcomes: Outcome[]; killed: boolean }> {
    let server = await this.#next(dieAfter);
    await eventually(
      'the server answers',
      () =>
        this.#client.events({ keptnContext: randomUUID() }).then(
          () => true,
          () => false,
        ),
      60_000,
    );
    let [over, killed] = [false, false];
    const succession = server.exited.then(async () => {
      if (over) return;
      killed = true;
      server = await this.#next(0);
    });
    try {
      return { outcomes: await Promise.all(SERVICES.map((service) => this.#story(service))), killed };
    } finally {
      over = true;
      if (killed) await succession;
      await server.kill();
      await succession;
    }
  }

  async close(): Promise<void> {
    await this.#standby.kill();
  }

  /** What a client does; each of its requests may break off. */
  async #story(service: string): Promise<Outcome> {
    const data = { project: SCOPE.project, stage: 'dev', service };
    const type = 'sh.keptn.event.dev.delivery.triggered';
    const { keptnContext } = await reaching(() => this.#client.sendEvent({ type, data }));
    await this.#answer(keptnContext, 'handwork');
    await this.#open(keptnContext, 'approval');
    const approval = { project: SCOPE.project, stage: 'dev', keptnContext, by: 'ada' };
    await reaching(() => this.#client.approve(approval));
    await this.#answer(keptnContext, 'announce');
    const rows = () =>
      this.#world.store.sequenceStates({ project: SCOPE.project, keptnContext, limit: 20, offset: 0 });
    const ended = await eventually(
      `${service} is in production`,
      async () => {
        const found = await rows();
        return (
          found.some(({ stage }) => stage === 'prod') &&
          found.every(({ state }) => state === 'finished') &&
          found
        );
      },
      90_000,
    );
    const { events } = await this.#world.store.events({ keptnContext, limit: 100, offset: 0 });
    return {
      service,
      runs: ended.map(({ stage, sequence, result }) => `${stage}.${sequence} ${result}`).sort(),
      events: events.map(({ type }) => type.replace('sh.keptn.event.', '')).sort(),
    };
  }

  async #answer(keptnContext: string, task: string): Promise<void> {
    const { event } = await this.#open(keptnContext, task);
    const { project, stage, service } = event.data;
    for (const kind of ['started', 'finished']) {
      const type = `sh.keptn.event.${task}.${kind}`;
      const context = { source: 'by-hand', shkeptncontext: keptnContext, triggeredid: event.id };
      const data = { project, stage, service, status: 'succeeded', result: 'pass' } as const;
      await reaching(() => this.#client.sendEvent({ type, ...context, data }));
    }
  }

  #open(keptnContext: string, task: string): Promise<OpenTrigger> {
    return eventually(
      `${task} is open`,
      async () =>
        (await this.#world.store.openTriggers({ type: `sh.keptn.event.${task}.triggered` })).find(
          ({ event }) => event.shkeptncontext === keptnContext,
        ),
      90_000,
    );
  }

  async #next(dieAfter: number): Promise<HttpHandle> {
    const next = this.#standby;
    this.#standby = new HttpHandle(this.#options);
    await next.work({ dieAfter });
    return next;
  }
}

/** A call that begins between the death of a server and its successor reaches nobody, which its client is told at once. */
function reaching<T>(call: () => Promise<T>): Promise<T> {
  return eventually(
    'a server takes the call',
    () =>
      call().catch((error: unknown) => {
        if (error instanceof UnreachableError) return undefined;
        throw error;
      }),
    60_000,
  );
}
