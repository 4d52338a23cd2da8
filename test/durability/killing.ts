import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { evaluationWorkflowId, queueWorkflowId } from '../../src/contracts/ids.ts';
import type { SequenceOutcome, SequenceRequest } from '../../src/contracts/workflows.ts';
import { eventually } from '../support/eventually.ts';
import { runIdOf } from '../support/requests.ts';
import { enqueue } from './enqueue.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { Scenario } from './scenarios.ts';
import { WorkerHandle } from './worker-handle.ts';
import { World } from './world.ts';

/** Where a story is interrupted: after a history event of one of its workflows, or after something was written down. */
export type KillPoint =
  | { after: 'event'; of: string; count: number }
  | { after: 'happening'; count: number }
  | { after: 'nothing' };

/** What all lanes share. */
export interface Stage {
  client: Client;
  address: string;
  bundlePath: string;
  directory: string;
}

/** Result of one told story. */
export interface Told {
  /** By service, in the order in which they were started. */
  outcome: Outcome[];
  killed: boolean;
  /** Workflow ids by the same names. */
  workflows: { [workflow: string]: string };
  /** History events at the end, by workflow: `queue`, `run 1`, `evaluation`, … */
  lengths: { [workflow: string]: number };
  happenings: number;
}

/** Milliseconds between two looks at a history. */
const POLL_MS = 4;

/** A story while it is told. */
interface Story {
  scenario: Scenario;
  /** One for each service; each service has a world of its own. */
  requests: SequenceRequest[];
  worlds: World[];
  worker: WorkerHandle;
  killed: boolean;
  over: boolean;
}

/** Tells stories one after the other, each on a worker of its own that dies at the given point and has a successor. */
export class Lane {
  readonly #stage: Stage;
  readonly #taskQueue = `durability-${randomUUID()}`;
  #standby: WorkerHandle;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#standby = this.#spawn();
  }

  async tell(scenario: Scenario, point: KillPoint): Promise<Told> {
    const { client, directory } = this.#stage;
    const request = scenario.request();
    const requests = [request, ...(scenario.others?.(request) ?? [])];
    const worlds = requests.map(({ input }) => new World(directory, input.service));
    const [world = new World(directory, request.input.service)] = worlds;
    const story: Story = { scenario, requests, worlds, worker: this.#next(), killed: false, over: false };
    await story.worker.work({ requests, dieAfter: point.after === 'happening' ? point.count : 0 });
    const killing = this.#kill(point, story);
    try {
      for (const one of requests) await enqueue(client, this.#taskQueue, one);
      const results = requests.map((one) => Promise.all(scenario.runs(one).map((run) => this.#result(run))));
      const [ended] = await Promise.all([Promise.all(results), scenario.outside({ client, world, request })]);
      await Promise.all(requests.map((one) => this.#queueEnded(one)));
      return {
        outcome: worlds.map((one, index) => outcomeOf(ended[index] ?? [], one)),
        killed: story.killed,
        workflows: workflowIds(story),
        lengths: await this.#lengths(story),
        happenings: worlds.reduce((sum, one) => sum + one.read().length, 0),
      };
    } finally {
      story.over = true;
      await story.worker.kill();
      await killing;
    }
  }

  async close(): Promise<void> {
    await this.#standby.kill();
  }

  /** Waits for the point, makes sure that the worker is dead, and lets its successor work. */
  async #kill(point: KillPoint, story: Story): Promise<void> {
    if (point.after === 'nothing') return;
    const victim = story.worker;
    if (point.after === 'happening') await victim.exited;
    else {
      for (let length = 0; length < point.count && !story.over; ) {
        const id = workflowIds(story)[point.of];
        length = id === undefined ? 0 : await this.#length(id);
        if (length < point.count) await delay(POLL_MS);
      }
    }
    if (story.over) return;
    await victim.kill();
    story.killed = true;
    story.worker = this.#next();
    await story.worker.work({ requests: story.requests, dieAfter: 0 });
    if (story.over) await story.worker.kill();
  }

  #next(): WorkerHandle {
    const next = this.#standby;
    this.#standby = this.#spawn();
    return next;
  }

  #spawn(): WorkerHandle {
    const { address, bundlePath, directory } = this.#stage;
    return new WorkerHandle({ address, bundlePath, directory, taskQueue: this.#taskQueue });
  }

  async #result(request: SequenceRequest): Promise<SequenceOutcome> {
    const run = this.#stage.client.workflow.getHandle(runIdOf(request));
    await eventually(
      `${run.workflowId} exists`,
      async () => (await this.#length(run.workflowId)) > 0,
      90_000,
    );
    return within(60_000, run.workflowId, run.result() as Promise<SequenceOutcome>);
  }

  /** A queue that still holds a run would block its service for ever. */
  async #queueEnded(request: SequenceRequest): Promise<void> {
    const queue = this.#stage.client.workflow.getHandle(queueWorkflowId(request.input));
    await within(60_000, queue.workflowId, queue.result());
  }

  async #lengths(story: Story): Promise<Told['lengths']> {
    const ids = Object.entries(workflowIds(story));
    const lengths = await Promise.all(ids.map(async ([name, id]) => [name, await this.#length(id)] as const));
    return Object.fromEntries(lengths);
  }

  async #length(workflowId: string): Promise<number> {
    try {
      const { workflowExecutionInfo } = await this.#stage.client.workflowService.describeWorkflowExecution({
        namespace: 'default',
        execution: { workflowId },
      });
      return Number(workflowExecutionInfo?.historyLength ?? 0);
    } catch {
      return 0; // not started yet, or the server is being restarted: asked again
    }
  }
}

/** The workflows of a story by name; an evaluation is known once its task was triggered. */
function workflowIds({ scenario, requests, worlds }: Pick<Story, 'scenario' | 'requests' | 'worlds'>): {
  [name: string]: string;
} {
  const group = requests[0]?.together;
  const ids: { [name: string]: string } = group === undefined ? {} : { together: group.workflowId };
  for (const [index, request] of requests.entries()) {
    const of = index === 0 ? '' : `service ${index + 1}: `;
    ids[`${of}queue`] = queueWorkflowId(request.input);
    for (const [place, run] of scenario.runs(request).entries()) ids[`${of}run ${place + 1}`] = runIdOf(run);
    const triggered =
      worlds[index]?.events().filter(({ type }) => type === 'sh.keptn.event.evaluation.triggered') ?? [];
    for (const [place, { id }] of triggered.entries()) {
      const name = place === 0 ? 'evaluation' : `evaluation ${place + 1}`;
      ids[`${of}${name}`] = evaluationWorkflowId({ ...request.input, triggeredId: id });
    }
  }
  return ids;
}

async function within<T>(milliseconds: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what} did not end within ${milliseconds} ms`)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
