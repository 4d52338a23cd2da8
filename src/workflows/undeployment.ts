import { ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import type { UndeploymentActivities, UndeploymentInput } from '../contracts/undeployment.ts';
import { plainMessage } from './failures.ts';

/** Takes a deleted service away in every stage (helm-service 0.18); a stage that fails keeps no other from it, and is told. */
export async function undeployment({ project, service, stages }: UndeploymentInput): Promise<void> {
  const ends = await Promise.allSettled(
    stages.map((stage) => platform(`take ${service} away in ${stage}`).undeploy({ project, stage, service })),
  );
  const failures = ends.flatMap((end, n) =>
    end.status === 'rejected' ? [`${stages[n]}: ${plainMessage(end.reason)}`] : [],
  );
  if (failures.length > 0) throw ApplicationFailure.nonRetryable(failures.join('\n'), 'UndeploymentFailed');
}

function platform(summary: string): ReturnType<typeof proxyActivities<UndeploymentActivities>> {
  return proxyActivities<UndeploymentActivities>({
    startToCloseTimeout: '15m',
    scheduleToCloseTimeout: '1h',
    heartbeatTimeout: '15s',
    retry: { initialInterval: '500ms', maximumInterval: '20s', maximumAttempts: 20 },
    summary,
  });
}
