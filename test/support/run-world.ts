import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { pino } from 'pino';
import type { KeptWarm } from '../../src/activities/executors/dependencies.ts';
import { createRuns, type Runs } from '../../src/client/engine.ts';
import { keptWarm } from '../../src/client/kept-warm.ts';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import { queueWorkflowId } from '../../src/contracts/ids.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { OpenTrigger, SequenceStateRow } from '../../src/store/store.ts';
import { type ActivityWorld, eventOf, SCOPE } from './activity-world.ts';
import { eventually } from './eventually.ts';
import { withWorker } from './temporal.ts';

/** What takes a second takes thirty on a machine that does much else. */
const BUSY_MACHINE_MS = 90_000;

/** Runs on real Temporal over the real store and Git; the tasks are answered by the test. */
export class RunWorld {
  readonly world: ActivityWorld;
  readonly runs: Runs;

  constructor(world: ActivityWorld, runs: Runs) {
    this.world = world;
    this.runs = runs;
  }

  /** A world with a worker while `body` runs. */
  static async with(world: ActivityWorld, body: (world: RunWorld) => Promise<void>): Promise<void> {
    const parts: { runs?: Runs; warm?: KeptWarm } = {};
    const activities = world.activities({
      options: { observeIntervalMs: 1 },
      runs: { trigger: async (event) => parts.runs?.trigger(event) },
      keptWarm: { end: async (request) => parts.warm?.end(request) ?? 'nothing' },
    });
    await withWorker(activities, async ({ client, taskQueue }) => {
      parts.warm = keptWarm(client);
      parts.runs = createRuns({
        temporalClient: client,
        store: world.store,
        config: world.config,
        logger: pino({ level: 'silent' }),
        taskQueue,
      });
      await endQueues(client);
      try {
        await body(new RunWorld(world, parts.runs));
      } finally {
        await endQueues(client);
      }
    });
  }

  /** Triggers a sequence of stage dev; answers the event. */
  async trigger(sequence: string, data: JsonObject = {}): Promise<KeptnEvent> {
    const event = eventOf(`sh.keptn.event.dev.${sequence}.triggered`, data);
    await this.runs.trigger(event);
    return event;
  }

  /** The task of a run, once it is open. */
  task(keptnContext: string, task: string): Promise<OpenTrigger> {
    return eventually(
      `${task} is open`,
      async () =>
        (await this.world.store.openTriggers({ type: `sh.keptn.event.${task}.triggered` })).find(
          ({ event }) => event.shkeptncontext === keptnContext,
        ),
      BUSY_MACHINE_MS,
    );
  }

  /** Starts and finishes an open task of a run; default: passed. */
  async answer(keptnContext: string, task: string, data: JsonObject = {}): Promise<KeptnEvent> {
    const open = await this.task(keptnContext, task);
    const { project, stage, service } = open.event.data;
    for (const kind of ['started', 'finished']) {
      const outcome = { project, stage, service, status: 'succeeded', result: 'pass', ...data };
      await this.runs.taskEvent(
        {
          ...eventOf(`sh.keptn.event.${task}.${kind}`, outcome),
          shkeptncontext: keptnContext,
          triggeredid: open.event.id,
          source: 'by-hand',
        },
        open,
      );
    }
    return open.event;
  }

  /** The newest run of a stage, once it is in a state. */
  inState(keptnContext: string, stage: string, state: string): Promise<SequenceStateRow> {
    return eventually(
      `${stage} is ${state}`,
      async () => {
        const row = (await this.rows(keptnContext)).find((one) => one.stage === stage);
        return row?.state === state ? row : undefined;
      },
      BUSY_MACHINE_MS,
    );
  }

  /** All runs of a context, newest first. */
  rows(keptnContext: string): Promise<SequenceStateRow[]> {
    return this.world.store.sequenceStates({ project: SCOPE.project, keptnContext, limit: 50, offset: 0 });
  }

  /** All events of a context in their order. */
  async events(keptnContext: string): Promise<KeptnEvent[]> {
    return (await this.world.store.events({ keptnContext, limit: 200, offset: 0 })).events.toReversed();
  }

  /** Short types of a context's events in their order. */
  async types(keptnContext: string): Promise<string[]> {
    return (await this.events(keptnContext)).map(({ type }) => type.replace('sh.keptn.event.', ''));
  }
}

/** All tests share one Temporal: a queue that still belongs to an earlier test's worker would take this one's runs. */
export async function endQueues(client: Client): Promise<void> {
  for (const stage of ['dev', 'prod']) {
    for (const service of ['carts', 'orders']) {
      const queue = client.workflow.getHandle(queueWorkflowId({ project: SCOPE.project, stage, service }));
      await queue.terminate('the test is over').catch((error: unknown) => {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      });
    }
  }
}
