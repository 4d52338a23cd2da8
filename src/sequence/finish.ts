import { sequenceEventType } from '../contracts/events.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { copyObject } from './merge.ts';
import { forwardPayload, scopeOf } from './payload.ts';
import type { Advanced, FinishSequence, SequenceEnd, SequenceInput, SequenceState } from './types.ts';

/**
 * Ends the sequence and says what its finished event holds.
 *
 * Keptn 1.4.5: the finished event carries no task payload, only project, stage, service, the labels and the
 * message of the last received event, status and result.
 */
export function finishSequence(state: SequenceState, end: SequenceEnd): Advanced {
  const { input, task, completed, lastEvent } = state;
  const message = end.message ?? lastEvent.message ?? '';
  const data: JsonObject = {
    ...scopeOf(input),
    ...(lastEvent.labels === undefined ? {} : { labels: lastEvent.labels }),
    ...(message === '' ? {} : { message }),
    status: end.status,
    result: end.result,
  };
  const last = completed.at(-1);
  const command: FinishSequence = {
    kind: 'finishSequence',
    eventType: sequenceEventType(input.stage, input.sequence, 'finished'),
    triggeredId: input.triggeredId,
    data,
    status: end.status,
    result: end.result,
    outcome: end.outcome,
    ...(last === undefined
      ? {}
      : { lastTask: { name: last.name, result: last.result, status: last.status } }),
    ...(task === undefined ? {} : { openTask: { name: task.name, triggeredId: task.triggeredId } }),
    forward: forwardPayload(state),
  };
  const { task: _closed, ...rest } = state;
  return { state: { ...rest, phase: 'ended', end }, commands: [command] };
}

/**
 * `data` of the finished event of a sequence that could not start: errored, fail and the reason.
 * Such a sequence never triggers others.
 */
export function failedStart(
  input: Pick<SequenceInput, 'project' | 'stage' | 'service' | 'triggerData'>,
  message: string,
): JsonObject {
  const labels = input.triggerData.labels;
  return {
    ...scopeOf(input),
    ...(isJsonObject(labels) ? { labels: copyObject(labels) } : {}),
    message,
    status: 'errored',
    result: 'fail',
  };
}
