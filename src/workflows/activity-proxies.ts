import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type {
  EvaluationActivities,
  RecordActivities,
  RolloutActivities,
  TaskActivities,
} from '../contracts/activities.ts';
import type { UndeploymentActivities } from '../contracts/undeployment.ts';

/** Short, repeatable writes to the store inside the workflow task: one history event each and no extra workflow task. */
export const records = proxyLocalActivities<RecordActivities & Pick<EvaluationActivities, 'saveEvaluation'>>({
  startToCloseTimeout: '20s',
  localRetryThreshold: '30s',
  retry: { initialInterval: '200ms', maximumInterval: '10s' },
});

/** Steps on the platform heartbeat every few seconds, so a killed worker is noticed in 15 seconds instead of 15 minutes. */
const PLATFORM_STEP = {
  startToCloseTimeout: '15m',
  scheduleToCloseTimeout: '1h',
  heartbeatTimeout: '15s',
  retry: { initialInterval: '500ms', maximumInterval: '20s', maximumAttempts: 20 },
} as const;

/** Steps of a rollout. */
export function rollout(summary: string): ReturnType<typeof proxyActivities<RolloutActivities>> {
  return proxyActivities<RolloutActivities>({ ...PLATFORM_STEP, summary });
}

/** Steps after a service was deleted. */
export function undeployments(summary: string): ReturnType<typeof proxyActivities<UndeploymentActivities>> {
  return proxyActivities<UndeploymentActivities>({ ...PLATFORM_STEP, summary });
}

/** Tools that run long and must not be repeated often: a load test, a job, a webhook. */
export function tool(summary: string): ReturnType<typeof proxyActivities<TaskActivities>> {
  return proxyActivities<TaskActivities>({
    startToCloseTimeout: '6h',
    heartbeatTimeout: '15s',
    retry: { initialInterval: '1s', maximumInterval: '30s', maximumAttempts: 3 },
    summary,
  });
}

/** Reads with a deadline: after it the evaluation says that the provider failed, it never passes by accident. */
export function evaluationSteps(summary: string): ReturnType<typeof proxyActivities<EvaluationActivities>> {
  return proxyActivities<EvaluationActivities>({
    startToCloseTimeout: '2m',
    scheduleToCloseTimeout: '10m',
    heartbeatTimeout: '30s',
    retry: { initialInterval: '1s', maximumInterval: '30s', maximumAttempts: 6 },
    summary,
  });
}
