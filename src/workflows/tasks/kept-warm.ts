import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ChildWorkflowCancellationType, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { keepWarmWorkflowId } from '../../contracts/ids.ts';
import { isJsonObject } from '../../contracts/json.ts';
import type { WarmDecision, WarmEnd } from '../../contracts/workflows.ts';
import { readKeepWarm } from '../../sequence/rollout-properties.ts';
import { rollout } from '../activity-proxies.ts';
import type { keepWarm } from '../keep-warm.ts';
import { type BuiltinTask, scopeOf } from './task.ts';

/** Milliseconds that a release shall keep the old version (`x-keep-warm`); 0 without. Throws when it is no duration. */
export function keepMsOf(task: BuiltinTask): number {
  const { release } = task.triggered.data;
  const written = isJsonObject(release) ? release['x-keep-warm'] : undefined;
  if (written === undefined) return 0;
  const read = readKeepWarm(written);
  if ('problem' in read)
    throw new Error(`${read.problem}; correct the properties of the task release in shipyard.yaml`);
  return read.keepMs;
}

/** Hands the service's sides over to the workflow `keepWarm`, which outlives this run and holds no queue up. */
export async function keepOldVersion(task: BuiltinTask, keepMs: number): Promise<void> {
  const scope = scopeOf(task);
  const { keptnContext, triggered } = task;
  try {
    await startChild<typeof keepWarm>('keepWarm', {
      workflowId: keepWarmWorkflowId(scope),
      args: [{ ...scope, keptnContext, releaseId: triggered.id, keepMs }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      staticSummary: `old version of ${task.service} in ${task.stage}, kept warm`,
    });
  } catch (error) {
    // A second release of the same version: what is kept stays kept.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** Ends what an earlier release keeps warm, one way or the other, and waits until it is done. */
export async function endWarm(task: BuiltinTask, decision: WarmDecision): Promise<WarmEnd> {
  const summary =
    decision === 'promote'
      ? 'complete a release that keeps its old version warm'
      : 'go back to the old version that is kept warm';
  return rollout(summary).endWarm({ ...scopeOf(task), decision, key: task.triggered.id });
}
