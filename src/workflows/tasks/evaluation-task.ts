import { executeChild, ParentClosePolicy } from '@temporalio/workflow';
import { evaluationWorkflowId } from '../../contracts/ids.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { evaluation } from '../evaluation.ts';
import { type BuiltinExecutor, scopeOf } from './task.ts';

/** Built-in task `evaluation`: the child workflow `evaluation` fetches, scores and stores. */
export const evaluationTask: BuiltinExecutor = async (task) => {
  const scope = { ...scopeOf(task), keptnContext: task.keptnContext };
  const finished = await executeChild<typeof evaluation>('evaluation', {
    workflowId: evaluationWorkflowId({ ...scope, triggeredId: task.triggered.id }),
    args: [{ ...scope, gitCommitId: task.gitCommitId, triggered: task.triggered, timeouts: task.timeouts }],
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    staticSummary: `quality gate of ${task.service} in ${task.stage}`,
  });
  const { project: _p, stage: _s, service: _v, status, result, message, ...data } = finished.data;
  return {
    status: status ?? 'errored',
    result: result ?? 'fail',
    message: message ?? '',
    data: data as JsonObject,
    event: finished,
  };
};
