import { isJsonObject, type Json, type JsonObject, textAt } from './json.ts';
import type { SequenceState } from './types.ts';

/** State of one run of a sequence (Keptn 1.4.5, with `aborted` told apart from `finished`). */
export type ExecutionState =
  | 'triggered'
  | 'started'
  | 'waitingForApproval'
  | 'paused'
  | 'finished'
  | 'timedOut'
  | 'aborted';

/** State of a whole multi-stage run, as `GET /sequence` shows it (Keptn 1.4.5). */
export type OverallState =
  | 'triggered'
  | 'waiting'
  | 'started'
  | 'paused'
  | 'finished'
  | 'timedOut'
  | 'aborted';

/** The state of one run. */
export function executionState(state: SequenceState): ExecutionState {
  if (state.end !== undefined) return state.end.outcome;
  if (state.paused) return 'paused';
  if (state.phase === 'created') return 'triggered';
  return state.task?.waitingForApproval === true ? 'waitingForApproval' : 'started';
}

/** One run of a context: its state, and whether its queue holds it back. */
export interface OverallPart {
  state: ExecutionState;
  /** True while another context's run is before it in the queue. */
  blocked?: boolean;
  /** True while its context is paused and it has not started. */
  held?: boolean;
}

/**
 * The state of all runs of one context together; `triggered` for none.
 *
 * Keptn 1.4.5: a run that waits for an approval still counts as started; a context of which one stage is paused goes
 * on while another does; it is finished when no run of it is open.
 */
export function overallState(parts: readonly OverallPart[]): OverallState {
  const open = parts.filter(({ state }) => !isEnd(state));
  if (open.some(({ state }) => state === 'started' || state === 'waitingForApproval')) return 'started';
  if (open.some(({ state, held }) => state === 'paused' || held === true)) return 'paused';
  if (open.some(({ blocked }) => blocked === true)) return 'waiting';
  if (open.length > 0 || parts.length === 0) return 'triggered';
  if (parts.some(({ state }) => state === 'aborted')) return 'aborted';
  return parts.some(({ state }) => state === 'timedOut') ? 'timedOut' : 'finished';
}

/** True for a state after which nothing more happens, of one sequence or of a whole run. */
export function isEnd(state: string): boolean {
  return state === 'finished' || state === 'timedOut' || state === 'aborted';
}

/** One stage of a run as Keptn's sequence view shows it. */
export interface StageView {
  name: string;
  image?: string;
  /** `triggered` until the sequence has ended, then its status. */
  state: string;
  latestEvaluation?: { result: string; score: Json };
}

/** The stage view of one run: image from `configurationChange.values.image`, evaluation from its last task of that name. */
export function stageView(state: SequenceState): StageView {
  const change = objectAt(state.input.triggerData, 'configurationChange');
  const image = textAt(objectAt(change, 'values'), 'image');
  const evaluated = state.completed.findLast((task) => task.name === 'evaluation');
  const evaluation = objectAt(evaluated?.properties ?? {}, 'evaluation');
  return {
    name: state.input.stage,
    ...(image === '' ? {} : { image }),
    state: state.end?.status ?? 'triggered',
    ...(evaluated === undefined
      ? {}
      : { latestEvaluation: { result: evaluated.result, score: evaluation.score ?? 0 } }),
  };
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isJsonObject(value) ? value : {};
}
