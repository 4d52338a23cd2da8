import { type JsonObject, textAt } from './json.ts';
import { mergeObjects } from './merge.ts';
import type { CompletedTask, OpenTask, PayloadNumbers, Result, Status, TaskEvent } from './types.ts';

/**
 * True when as many responders finished as started, and at least one did.
 *
 * Keptn 1.4.5: sources are not paired, so a finished event may come before its started event.
 */
export function isComplete(events: readonly TaskEvent[]): boolean {
  const finished = events.filter((event) => event.kind === 'finished').length;
  return finished > 0 && finished === events.length - finished;
}

/**
 * Result and status of a task over its finished events.
 *
 * Keptn 1.4.5: anything that is neither pass nor warning (also nothing) is a fail; errored wins over aborted,
 * aborted over succeeded; a status that is missing or unheard of is `unknown`, and the result is then fail.
 */
export function aggregate(finished: readonly JsonObject[]): { result: Result; status: Status } {
  const status = aggregateStatus(finished.map((data) => textAt(data, 'status')));
  if (status === 'unknown') return { result: 'fail', status };
  return { result: aggregateResult(finished.map((data) => textAt(data, 'result'))), status };
}

function aggregateResult(results: readonly string[]): Result {
  if (results.some((result) => result !== 'pass' && result !== 'warning')) return 'fail';
  return results.includes('warning') ? 'warning' : 'pass';
}

function aggregateStatus(statuses: readonly string[]): Status {
  if (statuses.includes('errored')) return 'errored';
  if (statuses.includes('aborted')) return 'aborted';
  return statuses.every((status) => status === 'succeeded') ? 'succeeded' : 'unknown';
}

/** Turns the open task, all of whose responders have finished, into a completed one. */
export function completeTask(task: OpenTask, numbers: PayloadNumbers = 'keptn'): CompletedTask {
  const finished = task.events.filter((event) => event.kind === 'finished').map((event) => event.data ?? {});
  const { result, status } = aggregate(finished);
  const merged = finished.reduce<JsonObject>((all, data) => mergeObjects(all, data, numbers), {});
  const properties = Object.keys(merged).length > 0 ? merged : null;
  return { name: task.name, index: task.index, triggeredId: task.triggeredId, result, status, properties };
}
