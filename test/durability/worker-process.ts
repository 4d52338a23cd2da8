// A worker to be killed. Prints `ready`, waits for one line of JSON, then works until it is killed.
//   node worker-process.ts '{"address": …, "taskQueue": …, "bundlePath": …, "directory": …}'
import { flushCompileCache } from 'node:module';
import { createInterface } from 'node:readline';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import type { SequenceRequest } from '../../src/contracts/workflows.ts';
import { createSlipwayWorker } from '../../src/worker/create-worker.ts';
import { eventually } from '../support/eventually.ts';
import { worldActivities } from './activities.ts';
import { enqueue } from './enqueue.ts';
import { askedFor, followUpRequest } from './follow-up.ts';
import { World } from './world.ts';

/** What the program is told when it starts. */
export interface WorkerProcessOptions {
  address: string;
  taskQueue: string;
  bundlePath: string;
  /** Where the files of the services' worlds are. */
  directory: string;
}

/** The line that sets it to work. */
export interface WorkOrder {
  /** The runs that the scenario began with, one for each service: follow-ups take the shipyard from them. */
  requests: SequenceRequest[];
  /** Dies by its own hand right after this many happenings were written; 0: never. */
  dieAfter: number;
}

const { address, taskQueue, bundlePath, directory } = JSON.parse(
  process.argv[2] ?? '',
) as WorkerProcessOptions;
Runtime.install({ logger: new DefaultLogger('ERROR') });
// The server may be the one that is being killed.
const connection = await eventually(
  'the server answers',
  () => NativeConnection.connect({ address }).catch(() => undefined),
  30_000,
);
const client = new Client({ connection });
process.stdin.on('end', () => process.exit(1)); // the test is gone
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
flushCompileCache(); // the next worker starts in half the time; a killed one never writes it
process.stdout.write('ready\n');
const order = JSON.parse(String((await lines.next()).value)) as WorkOrder;

let written = 0;
class MortalWorld extends World {
  override add(...args: Parameters<World['add']>): boolean {
    return this.#count(super.add(...args));
  }

  override set(...args: Parameters<World['set']>): boolean {
    return this.#count(super.set(...args));
  }

  #count(added: boolean): boolean {
    if (added) written += 1;
    if (added && written === order.dieAfter) process.kill(process.pid, 'SIGKILL');
    return added;
  }
}

const worker = await createSlipwayWorker({
  stickyTimeoutMs: 200,
  connection,
  taskQueue,
  workflowBundle: { codePath: bundlePath },
  activities: worldActivities(
    (service) => new MortalWorld(directory, service),
    async (event) => {
      const { stage, sequence } = askedFor(event);
      const { service } = event.data;
      const first = order.requests.find(({ input }) => input.service === service);
      if (first === undefined) throw new Error(`no run of ${service} was started`);
      // The round that the story begins with has no event of its own.
      const rounds = new World(directory, service).events().filter(({ type }) => type === event.type);
      const own = first.input.stage === stage && first.input.sequence === sequence ? 1 : 0;
      const occurrence = rounds.findIndex(({ id }) => id === event.id) + 1 + own;
      await enqueue(client, taskQueue, followUpRequest(first, { stage, sequence, occurrence, event }));
    },
  ),
});
await worker.run();
