import { latestActionIndex } from './get-action.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { copyObject, mergeObjects } from './merge.ts';
import type { CompletedTask, Scope, SequenceInput, SequenceState, TaskDefinition } from './types.ts';

/**
 * `data` of the next task's `.triggered` event.
 *
 * Keptn 1.4.5: the trigger's data, then each completed task's data in order, then result and status of the
 * last task, then the shipyard properties below the task's name (for this task only, empty ones as `{}`); a
 * `message` that is not null is blanked.
 */
export function taskPayload(state: SequenceState, task: TaskDefinition): JsonObject {
  const payload = accumulated(state.input, state.completed);
  if (task.name === 'get-action') updateActionIndex(payload, state.completed);
  if (task.name === 'action') chooseNewestAction(payload, state.completed);
  if (task.properties === undefined) return payload;
  const numbers = state.input.payloadNumbers;
  return mergeObjects(payload, { [task.name]: task.properties }, numbers);
}

/** `data` for the sequences that follow: as for a next task, without any task's shipyard properties. */
export function forwardPayload(state: SequenceState): JsonObject {
  const payload = accumulated(state.input, state.completed);
  updateActionIndex(payload, state.completed);
  return payload;
}

/**
 * Keptn's merge keeps the first number, so a third action was never reached: the index that the last
 * get-action answered replaces the old one wherever the next get-action will read it.
 */
function updateActionIndex(payload: JsonObject, completed: readonly CompletedTask[]): void {
  const index = latestActionIndex(completed);
  if (index === undefined) return;
  const block = isJsonObject(payload['get-action']) ? payload['get-action'] : {};
  payload['get-action'] = { ...block, actionIndex: index };
}

/**
 * A later round carries out the action that was chosen for it: merged into the one of the round before, a number would have kept
 * the old value, and a feature toggle would have switched the older toggles again.
 */
function chooseNewestAction(payload: JsonObject, completed: readonly CompletedTask[]): void {
  const chosen = completed.findLast(({ name }) => name === 'get-action')?.properties?.action;
  if (isJsonObject(chosen)) payload.action = copyObject(chosen);
}

function accumulated(input: SequenceInput, completed: readonly CompletedTask[]): JsonObject {
  let payload: JsonObject = { ...copyObject(input.triggerData), ...scopeOf(input) };
  for (const task of completed) {
    if (task.properties !== null) payload = mergeObjects(payload, task.properties, input.payloadNumbers);
  }
  // A responder that names another project, stage or service must not send the rest of the run there.
  Object.assign(payload, scopeOf(input));
  const last = completed.at(-1);
  if (last !== undefined) Object.assign(payload, { result: last.result, status: last.status });
  if (payload.message !== undefined && payload.message !== null) payload.message = '';
  return payload;
}

/** Only the project, stage and service of an input. */
export function scopeOf({ project, stage, service }: Scope): {
  project: string;
  stage: string;
  service: string;
} {
  return { project, stage, service };
}
