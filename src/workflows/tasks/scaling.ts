import { isJsonObject } from '../../contracts/json.ts';
import { rollout } from '../activity-proxies.ts';
import { endWarm } from './kept-warm.ts';
import { type BuiltinExecutor, scopeOf } from './task.ts';

/**
 * Built-in action `scaling`: adds `action.value` to the primary's replicas. helm-service took a string only;
 * an integer is accepted too, because tutorials print it unquoted.
 */
export const scaling: BuiltinExecutor = async (task) => {
  const action = task.triggered.data.action;
  const value = isJsonObject(action) ? action.value : undefined;
  if (typeof value !== 'string' && typeof value !== 'number') {
    return failed('could not parse action.value to string value');
  }
  if (!/^[+-]?\d+$/.test(String(value))) return failed('could not parse action.value to int');
  // While an old version is kept warm the users are not on the primary, whose replicas are scaled.
  await endWarm(task, 'promote');
  const replicas = await rollout(`scale ${task.service} by ${value}`).scale({
    ...scopeOf(task),
    increment: Number(value),
    key: task.triggered.id,
  });
  return {
    status: 'succeeded',
    result: 'pass',
    message: 'Successfully executed scaling action',
    data: { 'x-replicas': replicas },
  };
};

/** helm-service 0.18 answers succeeded and fail when the value is of no use. */
function failed(message: string): Awaited<ReturnType<BuiltinExecutor>> {
  return { status: 'succeeded', result: 'fail', message, data: {} };
}
