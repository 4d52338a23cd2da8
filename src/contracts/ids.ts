/** The one place where workflow ids are built: readable in the Temporal UI, and the key of every de-duplication. */

/** What a queue serializes: the sequences of one service in one stage. */
export interface QueueScope {
  project: string;
  stage: string;
  service: string;
}

/** One run of a sequence; `occurrence` counts from 1 when one context runs the same sequence again (remediation loops). */
export interface SequenceScope extends QueueScope {
  keptnContext: string;
  sequence: string;
  occurrence?: number;
}

/** `queue/<project>/<stage>/<service>` */
export function queueWorkflowId(scope: QueueScope): string {
  return `queue/${scope.project}/${scope.stage}/${scope.service}`;
}

/** `sequence/<project>/<context>/<stage>/<sequence>[/<n>]` */
export function sequenceWorkflowId(scope: SequenceScope): string {
  const id = `sequence/${scope.project}/${scope.keptnContext}/${scope.stage}/${scope.sequence}`;
  return scope.occurrence !== undefined && scope.occurrence > 1 ? `${id}/${scope.occurrence}` : id;
}

/** `evaluation/<project>/<context>/<stage>/<triggered id>` */
export function evaluationWorkflowId(
  scope: QueueScope & { keptnContext: string; triggeredId: string },
): string {
  return `evaluation/${scope.project}/${scope.keptnContext}/${scope.stage}/${scope.triggeredId}`;
}

/** `keep-warm/<project>/<stage>/<service>` */
export function keepWarmWorkflowId(scope: QueueScope): string {
  return `keep-warm/${scope.project}/${scope.stage}/${scope.service}`;
}

/** `preview/<project>/<service>/<key>` */
export function previewWorkflowId(scope: { project: string; service: string; key: string }): string {
  return `preview/${scope.project}/${scope.service}/${scope.key}`;
}

/** `undeployment/<project>/<service>` */
export function undeploymentWorkflowId(scope: { project: string; service: string }): string {
  return `undeployment/${scope.project}/${scope.service}`;
}

/** `reaction/<project>/<context>/<event id>` */
export function reactionWorkflowId(scope: {
  project: string;
  keptnContext: string;
  eventId: string;
}): string {
  return `reaction/${scope.project}/${scope.keptnContext}/${scope.eventId}`;
}

/** `together/<project>/<group>/<stage>/<sequence>` */
export function togetherWorkflowId(
  scope: Pick<SequenceScope, 'project' | 'stage' | 'sequence'> & { group: string },
): string {
  return `together/${scope.project}/${scope.group}/${scope.stage}/${scope.sequence}`;
}
