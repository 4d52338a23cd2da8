import type { KeptnEvent } from '../../contracts/events.ts';
import type { Json } from '../../contracts/json.ts';
import { type JobAction, type JobConfig, parseJobConfig } from '../../files/job.ts';
import { valueAtPath } from '../../files/json-path.ts';
import { formatProblem } from '../../files/problem.ts';
import type { ScopedFiles } from '../config/scoped-files.ts';
import { fileScope } from './payload.ts';

const JOB_FILE = 'job/config.yaml';

/** The job/config.yaml cannot be used, or a job is not allowed; the message names the place. */
export class JobTerminalError extends Error {
  override readonly name = 'JobTerminalError';
}

/** An action together with its place in the file, which names its runs. */
export type PlacedAction = JobAction & { index: number };

/**
 * The actions that an event starts, in file order: matching silent ones, and the first one that answers; later ones do
 * not run (job-executor-service). The file is looked up on service, stage, then project level, the first one counts.
 * Throws JobTerminalError for a broken file.
 */
export async function jobActions(files: ScopedFiles, event: KeptnEvent): Promise<PlacedAction[]> {
  const found = await files.lowest(fileScope(event), JOB_FILE);
  if (found === undefined) return [];
  const { model, problems } = parseJobConfig(found.text, JOB_FILE);
  if (model === undefined) {
    const places = problems.filter(({ severity }) => severity === 'error').map(formatProblem);
    throw new JobTerminalError(`${JOB_FILE} on ${found.level} level cannot be used: ${places.join('; ')}`);
  }
  return matchingActions(model, event);
}

function matchingActions({ actions }: JobConfig, event: KeptnEvent): PlacedAction[] {
  const matching: PlacedAction[] = [];
  for (const [index, action] of actions.entries()) {
    if (!answers(action, event)) continue;
    matching.push({ ...action, index });
    if (!action.silent) break;
  }
  return matching;
}

function answers({ events }: JobAction, event: KeptnEvent): boolean {
  return events.some(
    ({ pattern, condition }) =>
      pattern.test(event.type) &&
      (condition === undefined || valueAtPath(eventAsJson(event), condition.path) === condition.match),
  );
}

/** The whole event as a JSON value, for paths into it. */
export function eventAsJson(event: KeptnEvent): Json {
  return event as unknown as Json;
}
