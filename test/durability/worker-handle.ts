import { ProgramHandle } from './program-handle.ts';
import type { WorkerProcessOptions, WorkOrder } from './worker-process.ts';

/** A worker in a process of its own. */
export class WorkerHandle extends ProgramHandle<WorkerProcessOptions, WorkOrder> {
  constructor(options: WorkerProcessOptions) {
    super('worker-process.ts', options);
  }
}
