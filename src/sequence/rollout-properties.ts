import type { Json, JsonObject } from './json.ts';
import { notADuration, readDuration } from './property-duration.ts';
import { type PropertyProblem, readSteps } from './traffic-steps.ts';

/** Milliseconds of `x-keep-warm`, or what is wrong with it. */
export function readKeepWarm(value: Json): { keepMs: number } | { problem: string } {
  const keepMs = readDuration(value);
  return keepMs === undefined || keepMs === 0 ? { problem: notADuration('x-keep-warm') } : { keepMs };
}

/** What is wrong with `x-users`, the side on which users are until the release; undefined when nothing is. */
export function usersProblem(value: Json): string | undefined {
  return value === 'primary' || value === 'canary' ? undefined : 'x-users must be primary or canary';
}

/**
 * What is wrong with the properties that say how users move: `x-steps`, `x-users` and `x-keep-warm` of the tasks deployment
 * and release. The first segment of a path is the property.
 */
export function rolloutProblems(task: string, properties: JsonObject): PropertyProblem[] {
  const { 'x-steps': steps, 'x-users': users, 'x-keep-warm': warm } = properties;
  const problems: PropertyProblem[] = [];
  if (steps !== undefined) {
    const found = readSteps(steps).problems;
    problems.push(...found.map(({ path, message }) => ({ path: ['x-steps', ...path], message })));
  }
  const wrongUsers = users === undefined ? undefined : usersProblem(users);
  if (wrongUsers !== undefined) problems.push({ path: ['x-users'], message: wrongUsers });
  const keep = warm === undefined ? undefined : readKeepWarm(warm);
  if (keep !== undefined && 'problem' in keep)
    problems.push({ path: ['x-keep-warm'], message: keep.problem });
  return [
    ...problems,
    ...misplaced(task, properties),
    ...(task === 'deployment' ? deploymentProblems(properties) : []),
  ];
}

const TASKS_OF: { readonly [property: string]: readonly string[] } = {
  'x-steps': ['deployment', 'release'],
  'x-users': ['deployment'],
  'x-keep-warm': ['release'],
};

function misplaced(task: string, properties: JsonObject): PropertyProblem[] {
  return Object.entries(TASKS_OF)
    .filter(([property, tasks]) => property in properties && !tasks.includes(task))
    .map(([property, tasks]) => ({
      path: [property],
      message: `${property} has no effect on the task ${task}: write it on ${tasks.join(' or ')}`,
      severity: 'warning',
    }));
}

function deploymentProblems(properties: JsonObject): PropertyProblem[] {
  const { deploymentstrategy: strategy, 'x-steps': steps, 'x-users': users } = properties;
  const at = (property: string, message: string): PropertyProblem[] => [{ path: [property], message }];
  if (steps !== undefined && users === 'primary') {
    return at(
      'x-steps',
      'users stay on the primary until the release (x-users: primary): write x-steps on the task release',
    );
  }
  // A strategy that comes with the trigger is not known here.
  if (typeof strategy !== 'string') return [];
  if (strategy === 'canary' && steps === undefined && users !== 'primary') {
    return at('deploymentstrategy', 'the strategy canary needs x-steps: a list of {weight, pause, analysis}');
  }
  if (strategy !== 'canary' && steps !== undefined) {
    return at('x-steps', `x-steps needs deploymentstrategy: canary, not ${strategy}`);
  }
  if (users !== undefined && (strategy === 'direct' || strategy === 'user_managed')) {
    return at('x-users', `x-users needs two sides, which the strategy ${strategy} does not have`);
  }
  return [];
}
