import { proxyActivities } from '@temporalio/workflow';
import type { TaskActivities, TaskFinished, TaskRequest } from '../src/contracts/activities.ts';

export * from '../src/workflows/index.ts';

/** The smallest workflow that a person would write by hand for three tasks with the same activities. */
export async function handWritten(request: TaskRequest): Promise<TaskFinished> {
  const { runTest } = proxyActivities<TaskActivities>({ startToCloseTimeout: '1h' });
  await runTest(request);
  await runTest(request);
  return runTest(request);
}
