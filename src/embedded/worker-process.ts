import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import { TASK_QUEUE } from '../contracts/task-queues.ts';
import type { ProcessSpec } from './processes/child-process.ts';
import type { ProcessGroup } from './processes/process-group.ts';
import { type SupervisedProcess, startSupervised } from './processes/supervised.ts';

/** What the supervised worker is started with. */
export interface WorkerProcessOptions {
  processes: ProcessGroup;
  connection: Connection;
  namespace: string;
  logger: Logger;
  logLevel: string;
}

/** Starts the worker of an embedded platform, waits until it takes work, and starts it again whenever it ends. Throws ProcessStartError. */
export function startWorkerProcess(options: WorkerProcessOptions): Promise<SupervisedProcess> {
  return startSupervised(options.processes, () => specOf(options), options.logger);
}

function specOf(options: WorkerProcessOptions): ProcessSpec {
  const { processes, logLevel } = options;
  const main = fileURLToPath(
    new URL(`../cli/main.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url),
  );
  // A new one each time: Temporal names the pollers of a worker that was killed for minutes.
  const identity = `slipway-worker-${randomUUID()}`;
  return {
    name: 'worker',
    argv: [process.execPath, main, 'worker', '--state-dir', processes.stateDir, '--log-level', logLevel],
    env: { ...process.env, SLIPWAY_WORKER_IDENTITY: identity, SLIPWAY_STORE_URL: '' },
    isReady: () => polls(options, identity),
    readyTimeout: 60_000,
    stopTimeout: 15_000,
  };
}

async function polls({ connection, namespace }: WorkerProcessOptions, identity: string): Promise<boolean> {
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: TASK_QUEUE },
    taskQueueType: 1, // workflow tasks
  });
  return (pollers ?? []).some((poller) => poller.identity === identity);
}
