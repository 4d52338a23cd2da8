import { isJsonObject, type JsonObject } from '../../contracts/json.ts';
import { rollout } from '../activity-proxies.ts';
import { type BuiltinExecutor, type BuiltinTask, scopeOf } from './task.ts';

/**
 * Built-in task `deployment`. As helm-service did, a blue/green canary gets all traffic before the tests;
 * with the property `x-users: primary` users stay where they are and tests call the canary itself.
 */
export const deployment: BuiltinExecutor = async (task) => {
  const data = deploymentOf(task);
  const bluegreen = isBlueGreen(data.deploymentstrategy);
  if (bluegreen) undoOnAbort(task);
  const answer = await rollout(`deploy ${image(task)} to ${task.stage}`).deploy({
    triggered: task.triggered,
  });
  if (bluegreen && data['x-users'] !== 'primary') await shift(task, 0, 100);
  return {
    status: 'succeeded',
    result: 'pass',
    message: 'Successfully deployed',
    data: { deployment: answer.deployment },
  };
};

/**
 * Built-in task `release`: on pass or warning the primary becomes the new version while the canary serves,
 * then takes the traffic back; the canary is drained before it stops. Direct deployments are released already.
 */
export const release: BuiltinExecutor = async (task) => {
  const { result } = task.triggered.data;
  if (isBlueGreen(deploymentOf(task).deploymentstrategy) && (result === 'pass' || result === 'warning')) {
    await shift(task, 0, 100);
    // Without tests in between, requests of a moment ago may still be in flight on the primary.
    await drain(task, 'primary');
    await rollout('make the primary the new version').promote({ ...scopeOf(task), key: task.triggered.id });
    task.compensations.clear();
    await backToPrimary(task);
  }
  return { status: 'succeeded', result: result ?? 'fail', message: 'Finished release', data: {} };
};

/** Built-in task `rollback`: the primary, still the old version, takes the traffic back and the canary goes. */
export const rollback: BuiltinExecutor = async (task) => {
  await backToPrimary(task);
  task.compensations.clear();
  return {
    status: 'succeeded',
    result: task.triggered.data.result ?? 'fail',
    message: 'Finished rollback',
    data: {},
  };
};

/** At no instant does a side without ready endpoints have weight: shift and observe, then drain, then stop. */
async function backToPrimary(task: BuiltinTask): Promise<void> {
  await shift(task, 100, 0);
  await drain(task, 'canary');
  await rollout('stop the canary').retire({ ...scopeOf(task), side: 'canary' });
}

async function drain(task: BuiltinTask, side: 'primary' | 'canary'): Promise<void> {
  await rollout(`wait until the ${side} has no request in flight`).drain({ ...scopeOf(task), side });
}

async function shift(task: BuiltinTask, primary: number, canary: number): Promise<void> {
  const summary = `traffic: primary ${primary} %, canary ${canary} %`;
  await rollout(summary).shiftTraffic({ ...scopeOf(task), primary, canary });
}

function undoOnAbort(task: BuiltinTask): void {
  task.compensations.push('put the traffic back to the primary', () => backToPrimary(task));
}

function deploymentOf(task: BuiltinTask): JsonObject {
  const { deployment: data } = task.triggered.data;
  return isJsonObject(data) ? data : {};
}

/** `blue_green_service` is the shipyard's word, `duplicate` what deployment.finished says (helm-service 0.18). */
function isBlueGreen(strategy: unknown): boolean {
  return strategy === 'blue_green_service' || strategy === 'duplicate';
}

function image(task: BuiltinTask): string {
  const { configurationChange } = task.triggered.data;
  const values = isJsonObject(configurationChange) ? configurationChange.values : undefined;
  const named = isJsonObject(values) ? values.image : undefined;
  return typeof named === 'string' ? named : task.service;
}
