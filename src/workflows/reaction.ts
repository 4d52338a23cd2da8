import { ApplicationFailure } from '@temporalio/workflow';
import type { ReactionInput } from '../contracts/workflows.ts';
import { tool } from './activity-proxies.ts';

/** Runs the jobs and webhooks that listen to one event; nobody waits for it, so a failure is this run's own. */
export async function reaction({ event, jobs, webhooks }: ReactionInput): Promise<void> {
  const triggered = event;
  const outcomes = await Promise.all([
    jobs ? tool(`jobs of job/config.yaml on ${event.type}`).runJobs({ triggered }) : undefined,
    webhooks ? tool(`webhooks on ${event.type}`).runWebhook({ triggered }) : undefined,
  ]);
  const failures = outcomes.flatMap((outcome) => (outcome?.status === 'errored' ? [outcome.message] : []));
  if (failures.length > 0) throw ApplicationFailure.nonRetryable(failures.join('\n'), 'ReactionFailed');
}
