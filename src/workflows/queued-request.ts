import { ParentClosePolicy, startChild, WorkflowIdReusePolicy } from '@temporalio/workflow';
import type { RunScope } from '../contracts/activities.ts';
import { ENGINE_SOURCE, type KeptnEvent, sequenceEventType } from '../contracts/events.ts';
import { sequenceWorkflowId } from '../contracts/ids.ts';
import { searchAttributes } from '../contracts/search-attributes.ts';
import type { SequenceRequest } from '../contracts/workflows.ts';
import { eventMaker } from './events.ts';
import type { sequence } from './sequence.ts';

/** The workflow id of the run that a request asks for. */
export function workflowIdOf({ input, occurrence }: SequenceRequest): string {
  return sequenceWorkflowId({ ...input, occurrence });
}

/** Whose run it would be, for the records. */
export function scopeOf(request: SequenceRequest): RunScope {
  const { project, stage, service, keptnContext, sequence: name } = request.input;
  return { project, stage, service, keptnContext, sequence: name, workflowId: workflowIdOf(request) };
}

/** Starts the run of a request as a child of this id; throws `WorkflowExecutionAlreadyStartedError` for a trigger that comes twice. */
export function startRun(workflowId: string, request: SequenceRequest) {
  const { input } = request;
  return startChild<typeof sequence>('sequence', {
    workflowId,
    args: [request],
    parentClosePolicy: ParentClosePolicy.ABANDON,
    // A trigger that comes twice must not run twice; the second finds the first one's id taken.
    workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
    staticSummary: `${input.sequence} of ${input.service} in ${input.stage}`,
    typedSearchAttributes: [
      { key: searchAttributes.project, value: input.project },
      { key: searchAttributes.stage, value: input.stage },
      { key: searchAttributes.service, value: input.service },
      { key: searchAttributes.context, value: input.keptnContext },
      { key: searchAttributes.sequence, value: input.sequence },
    ],
  });
}

/** The `.finished` event of a run that never starts: it ends as an aborted one does in Keptn 1.4.5, aborted and pass. */
export function neverStarted({ input }: SequenceRequest, reason: string): KeptnEvent {
  const { project, stage, service, sequence: name, keptnContext, gitCommitId, triggeredId } = input;
  const newEvent = eventMaker(keptnContext, gitCommitId ?? '');
  return newEvent({
    type: sequenceEventType(stage, name, 'finished'),
    source: ENGINE_SOURCE,
    triggeredId,
    data: { project, stage, service, status: 'aborted', result: 'pass', message: reason },
  });
}
