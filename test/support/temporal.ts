import type { Client } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import type { NativeConnection, Worker } from '@temporalio/worker';
import type { Activities } from '../../src/contracts/activities.ts';
import { searchAttributes } from '../../src/contracts/search-attributes.ts';
import { resolveTool } from '../../src/embedded/tools/resolve.ts';
import { bundleWorkflows } from '../../src/worker/bundle.ts';
import { createSlipwayWorker } from '../../src/worker/create-worker.ts';
import { quietRuntime } from './quiet-runtime.ts';

/** The dev server's defaults add 50 ms to every workflow task and a second to short timers. */
const TUNED = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'history.visibilityProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxTimeShift="1ms"',
].flatMap((value) => ['--dynamic-config-value', value]);

let shared: Promise<{ environment: TestWorkflowEnvironment; bundle: string }> | undefined;

/** One real Temporal dev server and one workflow bundle for the whole test run, started when first asked for. */
export function temporal(): Promise<{ environment: TestWorkflowEnvironment; bundle: string }> {
  shared ??= start();
  return shared;
}

async function start(): Promise<{ environment: TestWorkflowEnvironment; bundle: string }> {
  quietRuntime();
  const { path } = await resolveTool('temporal', { onProgress: (line) => process.stderr.write(`${line}\n`) });
  const [environment, bundle] = await Promise.all([
    TestWorkflowEnvironment.createLocal({
      server: {
        executable: { type: 'existing-path', path },
        extraArgs: TUNED,
        searchAttributes: Object.values(searchAttributes),
      },
    }),
    bundleWorkflows(),
  ]);
  return { environment, bundle };
}

/** Stops the server if a test started it; mocha calls it once at the end. */
export async function stopTemporal(): Promise<void> {
  const started = shared;
  shared = undefined;
  if (started !== undefined) await (await started).environment.teardown();
}

let queues = 0;

/** A worker on a task queue of its own, running while `body` runs. */
export async function withWorker<T>(
  activities: Activities,
  body: (context: {
    client: Client;
    taskQueue: string;
    worker: Worker;
    connection: NativeConnection;
  }) => Promise<T>,
): Promise<T> {
  const { environment, bundle } = await temporal();
  queues += 1;
  const taskQueue = `test-${process.pid}-${queues}`;
  const connection = environment.nativeConnection;
  const worker = await createSlipwayWorker({
    connection,
    activities,
    taskQueue,
    workflowBundle: { code: bundle },
  });
  return worker.runUntil(body({ client: environment.client, taskQueue, worker, connection }));
}
