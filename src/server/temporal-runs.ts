import type { Runs as TemporalRuns } from '../client/engine.ts';
import { NotFoundError, RefusedError, UnreachableError } from '../client/errors.ts';
import { ApiError } from './errors.ts';
import { type Runs, RunsUnavailableError } from './runs.ts';

/** The engine that the server needs, over runs in Temporal. A sequence that cannot start has its finished event already. */
export function serverRuns(runs: TemporalRuns): Runs {
  return {
    trigger: (event) => available(async () => void (await runs.trigger(event))),
    taskEvent: (event, open) => available(() => runs.taskEvent(event, open)),
    rerun: (request) => available(() => runs.rerun(request)),
    rollback: (request) => available(() => runs.rollback(request)),
    control: (request) => available(async () => void (await runs.control(request))),
    problemClosed: (problem) => available(async () => void (await runs.problemClosed(problem))),
    preview: (requests) => available(() => runs.preview(requests)),
    undeploy: (deleted) => available(() => runs.undeploy(deleted)),
    active: (query) => available(() => runs.active(query)),
  };
}

async function available<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof UnreachableError) throw new RunsUnavailableError(error.message, { cause: error });
    if (error instanceof NotFoundError) throw new ApiError(404, error.message);
    if (error instanceof RefusedError) throw new ApiError(400, error.message);
    throw error;
  }
}
