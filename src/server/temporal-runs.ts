import { UnreachableError } from '../client/errors.ts';
import type { Runs as TemporalRuns } from '../client/start-sequence.ts';
import { type Runs, RunsUnavailableError } from './runs.ts';

/** The engine that the server needs, over runs in Temporal. A sequence that cannot start has its finished event already. */
export function serverRuns(runs: TemporalRuns): Runs {
  return {
    trigger: (event) => available(async () => void (await runs.trigger(event))),
    taskEvent: (event, open) => available(() => runs.taskEvent(event, open)),
    control: (request) => available(async () => void (await runs.control(request))),
    problemClosed: ({ project, stage, keptnContext }) =>
      available(async () => {
        const reason = 'the problem is closed';
        await runs.control({ project, stage, keptnContext, state: 'abort', reason });
      }),
  };
}

async function available(call: () => Promise<void>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    throw new RunsUnavailableError(error.message, { cause: error });
  }
}
