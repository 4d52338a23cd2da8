import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import { TASK_QUEUE } from '../contracts/task-queues.ts';
import type { RunningProcess } from './processes/child-process.ts';
import type { ProcessGroup } from './processes/process-group.ts';

/** What the supervised worker is started with. */
export interface WorkerProcessOptions {
  processes: ProcessGroup;
  connection: Connection;
  namespace: string;
  logger: Logger;
  logLevel: string;
}

/** A worker that is started again whenever it ends, until `stop`. */
export interface WorkerProcess {
  stop(): Promise<void>;
}

/** Longest pause before a worker that keeps ending is started again, in milliseconds. */
const MAX_PAUSE_MS = 10_000;
/** A worker that ran this long has started well. */
const STEADY_MS = 30_000;

/** Starts the worker of an embedded platform and waits until it takes work. Throws ProcessStartError. */
export async function startWorkerProcess(options: WorkerProcessOptions): Promise<WorkerProcess> {
  const stopping = new AbortController();
  let current = await startOnce(options, stopping.signal);
  const supervision = (async () => {
    let pauseMs = 0;
    for (;;) {
      const since = Date.now();
      const exit = await current.exited;
      if (stopping.signal.aborted) return;
      pauseMs = Date.now() - since > STEADY_MS ? 0 : Math.min(MAX_PAUSE_MS, pauseMs * 2 + 100);
      options.logger.warn({ ...exit, pauseMs }, 'the worker has ended and is started again');
      await delay(pauseMs);
      current = await startAgain(options, stopping.signal);
      if (stopping.signal.aborted) return;
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await current.stop();
      await supervision;
    },
  };
}

/** A worker that does not get ready is tried again: whatever it lacks may come back. */
async function startAgain(options: WorkerProcessOptions, signal: AbortSignal): Promise<RunningProcess> {
  for (;;) {
    try {
      return await startOnce(options, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      options.logger.error({ err: error }, 'the worker does not start');
      await delay(MAX_PAUSE_MS);
    }
  }
}

function startOnce(options: WorkerProcessOptions, signal: AbortSignal): Promise<RunningProcess> {
  const { processes, logLevel } = options;
  const main = fileURLToPath(
    new URL(`../cli/main.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url),
  );
  const identity = `slipway-worker-${randomUUID()}`;
  return processes.start(
    {
      name: 'worker',
      argv: [process.execPath, main, 'worker', '--state-dir', processes.stateDir, '--log-level', logLevel],
      env: { ...process.env, SLIPWAY_WORKER_IDENTITY: identity, SLIPWAY_STORE_URL: '' },
      isReady: () => polls(options, identity),
      readyTimeout: 60_000,
      stopTimeout: 15_000,
    },
    signal,
  );
}

async function polls({ connection, namespace }: WorkerProcessOptions, identity: string): Promise<boolean> {
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: TASK_QUEUE },
    taskQueueType: 1, // workflow tasks
  });
  return (pollers ?? []).some((poller) => poller.identity === identity);
}
