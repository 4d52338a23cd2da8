import { isJsonObject } from '../../contracts/json.ts';
import { tool } from '../activity-proxies.ts';
import { evaluationTask } from './evaluation-task.ts';
import { deployment, release, rollback } from './rollout.ts';
import { scaling } from './scaling.ts';
import type { BuiltinExecutor } from './task.ts';

const runTest: BuiltinExecutor = ({ triggered }) => {
  const test = triggered.data.test;
  const strategy =
    isJsonObject(test) && typeof test.teststrategy === 'string' ? test.teststrategy : 'default';
  return tool(`${strategy} test of ${triggered.data.service}`).runTest({ triggered });
};

const getAction: BuiltinExecutor = ({ triggered }) =>
  tool('look up the next action in remediation.yaml').getAction({ triggered });

/**
 * What Slipway carries out itself, and the name under which Keptn's own service signed the events of that task:
 * people filter by these sources.
 */
const BUILTIN: ReadonlyMap<string, { execute: BuiltinExecutor; source: string }> = new Map([
  ['deployment', { execute: deployment, source: 'helm-service' }],
  ['release', { execute: release, source: 'helm-service' }],
  ['rollback', { execute: rollback, source: 'helm-service' }],
  ['action', { execute: scaling, source: 'helm-service' }],
  ['test', { execute: runTest, source: 'jmeter-service' }],
  ['evaluation', { execute: evaluationTask, source: 'lighthouse-service' }],
  ['get-action', { execute: getAction, source: 'remediation-service' }],
]);

/** The built-in executor of a task name; approvals are decided by the run itself. */
export function builtinExecutor(task: string): BuiltinExecutor | undefined {
  return BUILTIN.get(task)?.execute;
}

/** Source of the events of a built-in task. */
export function builtinSource(task: string): string {
  return task === 'approval' ? 'approval-service' : (BUILTIN.get(task)?.source ?? 'slipway');
}
