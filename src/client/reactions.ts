import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowIdReusePolicy } from '@temporalio/client';
import type { Logger } from 'pino';
import type { ConfigRepo } from '../activities/config/config-repo.ts';
import { ScopedFiles } from '../activities/config/scoped-files.ts';
import { isTaskTrigger, Listeners } from '../activities/executors/listeners.ts';
import type { Executor } from '../contracts/activities.ts';
import type { KeptnEvent } from '../contracts/events.ts';
import { reactionWorkflowId } from '../contracts/ids.ts';
import { searchAttributes } from '../contracts/search-attributes.ts';
import { TASK_QUEUE } from '../contracts/task-queues.ts';
import type { ReactionInput } from '../contracts/workflows.ts';
import { temporalAway } from './temporal-away.ts';

/** Tells listening jobs and webhooks of events. Every call may come twice: an event has one reaction. Throws UnreachableError. */
export interface Reactions {
  /** Of events that ask nobody for an answer; triggers of tasks are left out. */
  to(events: readonly KeptnEvent[]): Promise<void>;
  /** Of a task, beside the executor that answers for it. */
  toTask(triggered: KeptnEvent, executor: Executor): Promise<void>;
}

interface ReactionsDependencies {
  temporalClient: Client;
  config: ConfigRepo;
  logger: Logger;
  taskQueue?: string;
}

/** Reactions as runs of their own, one for each event that somebody listens to. */
export function createReactions({ config, logger, ...start }: ReactionsDependencies): Reactions {
  // An event must not wait for an upstream that is away; what triggered its run was read there already.
  const files = new ScopedFiles(config, { upstreamMaxAgeMs: Number.POSITIVE_INFINITY });
  const listeners = new Listeners(files, logger);
  const react = async (found: ReactionInput | undefined): Promise<void> => {
    if (found !== undefined) await startReaction(start, found);
  };
  return {
    async to(events) {
      for (const event of events) if (!isTaskTrigger(event)) await react(await listeners.of(event));
    },
    async toTask(triggered, executor) {
      await react(await listeners.ofTask(triggered, executor));
    },
  };
}

async function startReaction(
  { temporalClient, taskQueue }: Pick<ReactionsDependencies, 'temporalClient' | 'taskQueue'>,
  input: ReactionInput,
): Promise<void> {
  const { event } = input;
  const { project, stage, service } = event.data;
  try {
    await temporalClient.workflow.start('reaction', {
      workflowId: reactionWorkflowId({ project, keptnContext: event.shkeptncontext, eventId: event.id }),
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      taskQueue: taskQueue ?? TASK_QUEUE,
      args: [input],
      staticSummary: `${listening(input)} on ${event.type}`,
      typedSearchAttributes: [
        { key: searchAttributes.project, value: project },
        { key: searchAttributes.stage, value: stage },
        { key: searchAttributes.service, value: service },
      ],
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return;
    throw temporalAway(
      error,
      `Temporal did not take the ${listening(input)} on ${event.type}`,
      'start Temporal or correct its address, then send the event again',
    );
  }
}

function listening({ jobs, webhooks }: ReactionInput): string {
  return [jobs ? 'jobs' : '', webhooks ? 'webhooks' : ''].filter(Boolean).join(' and ');
}
