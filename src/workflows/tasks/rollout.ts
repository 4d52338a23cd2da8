import { isJsonObject, type JsonObject } from '../../contracts/json.ts';
import { formatDuration } from '../../sequence/duration.ts';
import { rollout } from '../activity-proxies.ts';
import { endWarm, keepMsOf, keepOldVersion } from './kept-warm.ts';
import { type Moved, moveByStep, stepsOf } from './progressive.ts';
import { backToPrimary, freeCanary, promoteCanary, shift, usersOf } from './sides.ts';
import type { BuiltinExecutor, BuiltinTask } from './task.ts';

/**
 * Built-in task `deployment`. As helm-service did, a blue/green canary gets all traffic before the tests; with the
 * strategy `canary` it gets it by the steps of `x-steps`; with the property `x-users: primary` users stay where they are
 * and tests call the canary itself.
 */
export const deployment: BuiltinExecutor = async (task) => {
  const data = blockOf(task, 'deployment');
  const strategy = data.deploymentstrategy;
  const stay = data['x-users'] === 'primary';
  const steps = strategy === 'canary' && !stay ? stepsOf(data['x-steps'] ?? null) : undefined;
  await endWarm(task, 'promote');
  const bluegreen = isBlueGreen(strategy);
  if (bluegreen) {
    // Left over from a delivery that failed and was not rolled back: its version must not be replaced under its users.
    const { onCanary, primaryReady } = await usersOf(task);
    if (onCanary > 0 && primaryReady) await freeCanary(task);
    undoOnAbort(task);
  }
  const answer = await rollout(`deploy ${image(task)} to ${task.stage}`).deploy({
    triggered: task.triggered,
  });
  let moved: Moved = { result: 'pass', steps: '' };
  if (bluegreen && !stay) {
    // In the first deployment both sides are the same version: there is nobody whom steps would protect.
    if (steps === undefined || answer.firstDeployment) await shift(task, 0, 100);
    else moved = await moveByStep(task, steps, answer.deployment);
  }
  return (
    moved.stopped ?? {
      status: 'succeeded',
      result: moved.result,
      message: `Successfully deployed${moved.steps === '' ? '' : `; users on the canary: ${moved.steps}`}`,
      data: { deployment: answer.deployment },
    }
  );
};

/**
 * Built-in task `release`: on pass or warning the primary becomes the new version while the canary serves,
 * then takes the traffic back; the canary is drained before it stops. Direct deployments are released already.
 * With `x-keep-warm` the canary goes on serving, and all this happens when that time is over.
 */
export const release: BuiltinExecutor = async (task) => {
  const { result = 'fail' } = task.triggered.data;
  const data = blockOf(task, 'deployment');
  const finished = { status: 'succeeded', result, message: 'Finished release', data: {} } as const;
  if (!isBlueGreen(data.deploymentstrategy) || result === 'fail') return finished;
  const keepMs = keepMsOf(task);
  const moved = await moveAtRelease(task, data);
  if (moved.stopped !== undefined) return moved.stopped;
  const answer = {
    ...finished,
    result: moved.result === 'warning' ? moved.result : result,
    message: `Finished release${moved.steps === '' ? '' : `; users on the canary: ${moved.steps}`}`,
  };
  if (keepMs > 0) {
    await shift(task, 0, 100);
    await keepOldVersion(task, keepMs);
    task.compensations.clear();
    return { ...answer, message: `${answer.message}; the old version is kept for ${formatDuration(keepMs)}` };
  }
  await promoteCanary(task, task.triggered.id);
  task.compensations.clear();
  await backToPrimary(task);
  return answer;
};

/**
 * Built-in task `rollback`: the primary, still the old version, takes the traffic back and the canary goes. A release that
 * keeps its old version warm is taken back the same way; with `x-warm: true` nothing else is.
 */
export const rollback: BuiltinExecutor = async (task) => {
  const { result = 'fail' } = task.triggered.data;
  const onlyWarm = blockOf(task, 'rollback')['x-warm'] === true;
  const ended = await endWarm(task, 'rollBack');
  if (onlyWarm) return rolledBackWarm(task, ended === 'rolledBack');
  if (ended !== 'rolledBack') await backToPrimary(task);
  task.compensations.clear();
  return { status: 'succeeded', result, message: 'Finished rollback', data: {} };
};

function rolledBackWarm(
  { service, stage }: BuiltinTask,
  done: boolean,
): Awaited<ReturnType<BuiltinExecutor>> {
  return {
    status: 'succeeded',
    result: done ? 'pass' : 'fail',
    message: done
      ? 'Finished rollback: the users are on the old version again'
      : `no old version of ${service} is kept in stage ${stage} any more: deliver the version that you want`,
    data: {},
  };
}

/** Users who stayed on the primary until now may come step by step (`x-steps`); those who have come already stay. */
async function moveAtRelease(task: BuiltinTask, deployed: JsonObject): Promise<Moved> {
  const written = blockOf(task, 'release')['x-steps'];
  if (written === undefined) return { result: 'pass', steps: '' };
  const steps = stepsOf(written);
  const { onCanary } = await usersOf(task);
  undoOnAbort(task);
  return moveByStep(
    task,
    steps.filter((step) => step.weight > onCanary),
    deployed,
  );
}

function undoOnAbort(task: BuiltinTask): void {
  task.compensations.push('put the traffic back to the primary', () => backToPrimary(task));
}

function blockOf(task: BuiltinTask, name: string): JsonObject {
  const data = task.triggered.data[name];
  return isJsonObject(data) ? data : {};
}

/** `blue_green_service` is the shipyard's word, `duplicate` what deployment.finished says (helm-service 0.18). */
function isBlueGreen(strategy: unknown): boolean {
  return strategy === 'blue_green_service' || strategy === 'duplicate' || strategy === 'canary';
}

function image(task: BuiltinTask): string {
  const { configurationChange } = task.triggered.data;
  const values = isJsonObject(configurationChange) ? configurationChange.values : undefined;
  const named = isJsonObject(values) ? values.image : undefined;
  return typeof named === 'string' ? named : task.service;
}
