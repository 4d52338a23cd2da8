import { sequenceEventType } from '../contracts/events.ts';
import { type JsonObject, textAt } from './json.ts';
import { labelsOf } from './labels.ts';
import { forwardPayload, scopeOf } from './payload.ts';
import type { Advanced, FinishSequence, SequenceEnd, SequenceInput, SequenceState } from './types.ts';

/**
 * Ends the sequence and says what its finished event holds.
 *
 * Keptn 1.4.5: the finished event carries no task payload, only project, stage, service, status, result, and
 * labels and message: of the last received event when the tasks ended, of the trigger after an abort; after a
 * timeout the labels of the task that nobody answered.
 */
export function finishSequence(state: SequenceState, end: SequenceEnd): Advanced {
  const { input, task, completed } = state;
  const forward = forwardPayload(state);
  const said = lastWords(state, end, forward);
  const message = end.message ?? said.message ?? '';
  const data: JsonObject = {
    ...scopeOf(input),
    ...(said.labels === undefined ? {} : { labels: said.labels }),
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
    forward,
  };
  const { task: _closed, ...rest } = state;
  return { state: { ...rest, phase: 'ended', end }, commands: [command] };
}

function lastWords(
  { input, lastEvent }: SequenceState,
  { outcome }: SequenceEnd,
  forward: JsonObject,
): SequenceState['lastEvent'] {
  switch (outcome) {
    case 'finished':
      return lastEvent;
    case 'aborted':
      return { ...labelsOf(input.triggerData), message: textAt(input.triggerData, 'message') };
    case 'timedOut':
      return labelsOf(forward);
  }
}

/**
 * `data` of the finished event of a sequence that could not start: errored, fail and the reason.
 * Such a sequence never triggers others.
 */
export function failedStart(
  input: Pick<SequenceInput, 'project' | 'stage' | 'service' | 'triggerData'>,
  message: string,
): JsonObject {
  return {
    ...scopeOf(input),
    ...labelsOf(input.triggerData),
    message,
    status: 'errored',
    result: 'fail',
  };
}
