import type { KeptnEvent } from '../../contracts/events.ts';
import type { JobVariable } from '../../files/job-task.ts';
import { valueAtPath } from '../../files/json-path.ts';
import { writeYaml } from '../../files/yaml/write.ts';
import type { Secrets } from './dependencies.ts';
import { eventAsJson, JobTerminalError } from './job-config.ts';
import { textMap } from './payload.ts';

/** Variables of a job and the secret values among them, which logs must not show. */
export interface JobEnvironment {
  env: { [name: string]: string };
  secretValues: string[];
  /** Secrets that Slipway does not hold: the place where the job runs must have them. */
  otherSecrets: string[];
}

/**
 * The task's own variables, and KEPTN_PROJECT, KEPTN_STAGE, KEPTN_SERVICE and LABELS_…, which win over them
 * (job-executor-service). Throws JobTerminalError when the event lacks a value.
 */
export async function jobEnvironment(
  event: KeptnEvent,
  variables: readonly JobVariable[],
  secrets: Secrets,
): Promise<JobEnvironment> {
  const env: { [name: string]: string } = {};
  const secretValues: string[] = [];
  const otherSecrets: string[] = [];
  for (const variable of variables) {
    if (variable.from === 'string') env[variable.name] = variable.value;
    else if (variable.from === 'event') env[variable.name] = fromEvent(event, variable);
    else {
      const secret = await secrets.secret(variable.name);
      if (secret === undefined) otherSecrets.push(variable.name);
      Object.assign(env, secret);
      secretValues.push(...Object.values(secret ?? {}));
    }
  }
  return { env: { ...env, ...keptnVariables(event) }, secretValues, otherSecrets };
}

function keptnVariables({ data }: KeptnEvent): { [name: string]: string } {
  const { project, stage, service, labels } = data;
  const env: { [name: string]: string } = {
    KEPTN_PROJECT: project,
    KEPTN_STAGE: stage,
    KEPTN_SERVICE: service,
  };
  for (const [label, value] of Object.entries(textMap(labels))) {
    env[`LABELS_${label.toUpperCase().replaceAll(/[- ]/g, '_')}`] = value;
  }
  return env;
}

function fromEvent(event: KeptnEvent, variable: Extract<JobVariable, { from: 'event' }>): string {
  const value = valueAtPath(eventAsJson(event), variable.path);
  if (value === undefined) {
    throw new JobTerminalError(
      `the event ${event.type} has no value at $.${variable.path.join('.')}, which the variable ${variable.name} of the job takes`,
    );
  }
  if (variable.as === 'yaml') return writeYaml(value);
  return typeof value === 'string' && variable.as === 'string' ? value : JSON.stringify(value);
}
