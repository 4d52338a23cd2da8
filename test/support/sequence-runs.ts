import type { Client } from '@temporalio/client';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import type { SequenceOutcome, SequenceRequest } from '../../src/contracts/workflows.ts';
import { eventually } from './eventually.ts';
import type { RecordingActivities } from './recording-activities.ts';
import { runIdOf } from './requests.ts';
import { withWorker } from './temporal.ts';

/** Starts the run of a request without its queue. */
export async function startRun(client: Client, taskQueue: string, request: SequenceRequest) {
  const options = { workflowId: runIdOf(request), taskQueue, args: [request] as [SequenceRequest] };
  return client.workflow.start<(request: SequenceRequest) => Promise<SequenceOutcome>>('sequence', options);
}

/** Plays a request on a worker of its own, with some activities replaced. */
export async function runToEnd(
  recorded: RecordingActivities,
  request: SequenceRequest,
  overrides: Parameters<RecordingActivities['all']>[0] = {},
): Promise<SequenceOutcome> {
  return withWorker(recorded.all(overrides), async ({ client, taskQueue }) =>
    (await startRun(client, taskQueue, request)).result(),
  );
}

/** The `.triggered` event of a task that waits for answers, of one context or of any. */
export function openTask(recorded: RecordingActivities, task: string, context?: string): Promise<KeptnEvent> {
  return eventually(`${task} is triggered`, () =>
    [...recorded.open.values()].find(
      (event) =>
        event.type === `sh.keptn.event.${task}.triggered` &&
        (context === undefined || event.shkeptncontext === context),
    ),
  );
}
