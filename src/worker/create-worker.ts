import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Activities } from '../contracts/activities.ts';
import { TASK_QUEUE } from '../contracts/task-queues.ts';
import { findWorkflowBundle } from './bundle.ts';

/** What a Slipway worker is made of; everything else has a default that fits a container of 1 GB. */
export interface SlipwayWorkerOptions {
  connection: NativeConnection;
  /** Default `default`. */
  namespace?: string;
  activities: Activities;
  /** Default: the prebuilt bundle. */
  workflowBundle?: { code: string } | { codePath: string };
  /** Default `slipway`. */
  taskQueue?: string;
  /** Workflows kept in memory; about 1 MB each. Default 200. */
  maxCachedWorkflows?: number;
  identity?: string;
  /** Milliseconds after which a run that a dead worker had in memory goes to another one. Default 10,000. */
  stickyTimeoutMs?: number;
}

/** Makes the Temporal worker that runs Slipway's workflows and activities. */
export async function createSlipwayWorker(options: SlipwayWorkerOptions): Promise<Worker> {
  const workerOptions: WorkerOptions = {
    connection: options.connection,
    namespace: options.namespace ?? 'default',
    taskQueue: options.taskQueue ?? TASK_QUEUE,
    workflowBundle: options.workflowBundle ?? (await findWorkflowBundle()),
    activities: options.activities,
    maxCachedWorkflows: options.maxCachedWorkflows ?? 200,
    // A cancelled load test or rollout must hear of it soon, so heartbeats are not held back long.
    maxHeartbeatThrottleInterval: '5s',
    defaultHeartbeatThrottleInterval: '3s',
    shutdownGraceTime: '10s',
    ...(options.identity === undefined ? {} : { identity: options.identity }),
    ...(options.stickyTimeoutMs === undefined
      ? {}
      : { stickyQueueScheduleToStartTimeout: options.stickyTimeoutMs }),
  };
  return Worker.create(workerOptions);
}
