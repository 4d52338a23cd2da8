import { ApplicationFailure, isCancellation } from '@temporalio/workflow';
import type { UndeploymentInput } from '../contracts/undeployment.ts';
import { undeployments } from './activity-proxies.ts';
import { plainMessage } from './failures.ts';

/** Takes a deleted service away in every stage (helm-service 0.18); a stage that fails keeps no other from it, and is told. */
export async function undeployment({ project, service, stages }: UndeploymentInput): Promise<void> {
  const ends = await Promise.allSettled(
    stages.map((stage) =>
      undeployments(`take ${service} away in ${stage}`).undeploy({ project, stage, service }),
    ),
  );
  const failures = ends.flatMap((end, n) => {
    if (end.status === 'fulfilled') return [];
    if (isCancellation(end.reason)) throw end.reason;
    return [`${stages[n]}: ${plainMessage(end.reason)}`];
  });
  if (failures.length > 0) throw ApplicationFailure.nonRetryable(failures.join('\n'), 'UndeploymentFailed');
}
