import type { Problem } from '../problem.ts';
import type { CheckedFile } from '../validate.ts';
import { answers } from './executors.ts';
import { allTasks, warn } from './usable.ts';

/** Strategies that the built-in deployment knows (helm-service 0.18, and Slipway's canary). */
const STRATEGIES = ['direct', 'blue_green_service', 'duplicate', 'user_managed', 'canary'];

/**
 * Deployments of Slipway itself that fail for their strategy, as with helm-service 0.18: it is unknown, or the properties
 * have another key instead. One without properties may get it from its trigger, or be an integration's.
 */
export function invalidStrategies(files: readonly CheckedFile[]): Problem[] {
  if (answers(files, 'sh.keptn.event.deployment.triggered')) return [];
  return allTasks(files).flatMap(({ source, owner, task, path }) => {
    if (task.name !== 'deployment' || task.properties?.['x-executor'] !== undefined) return [];
    const { properties = {} } = task;
    const strategy = properties.deploymentstrategy;
    const hint = `write ${STRATEGIES.filter((name) => name !== 'duplicate').join(', ')}`;
    if (Object.keys(properties).length === 0) return [];
    if (strategy === undefined || strategy === '') {
      const message = `the deployment of ${owner} names no deploymentstrategy: it fails unless its trigger does`;
      return [warn(source, path, [message, `${hint} into its properties`])];
    }
    if (STRATEGIES.some((name) => name === strategy)) return [];
    const message = `${JSON.stringify(strategy)} is no deployment strategy: the deployment of ${owner} fails`;
    return [warn(source, [...path, 'properties', 'deploymentstrategy'], [message, hint])];
  });
}
