import type { KeptnEvent } from '../../contracts/events.ts';
import type { Json } from '../../contracts/json.ts';
import type { JobVariable } from '../../files/job-task.ts';
import { valueAtPath } from '../../files/json-path.ts';
import type { Secrets } from './dependencies.ts';
import { eventAsJson, JobTerminalError } from './job-config.ts';
import { textMap } from './payload.ts';

/** Variables of a job and the secret values among them, which logs must not show. */
export interface JobEnvironment {
  env: { [name: string]: string };
  secretValues: string[];
}

/**
 * KEPTN_PROJECT, KEPTN_STAGE, KEPTN_SERVICE and LABELS_… first, then the task's own variables (job-executor-service).
 * Throws JobTerminalError when a variable's source is not there.
 */
export async function jobEnvironment(
  event: KeptnEvent,
  variables: readonly JobVariable[],
  secrets: Secrets,
): Promise<JobEnvironment> {
  const { project, stage, service, labels } = event.data;
  const env: { [name: string]: string } = {
    KEPTN_PROJECT: project,
    KEPTN_STAGE: stage,
    KEPTN_SERVICE: service,
  };
  for (const [label, value] of Object.entries(textMap(labels))) {
    env[`LABELS_${label.toUpperCase().replaceAll(/[- ]/g, '_')}`] = value;
  }
  const secretValues: string[] = [];
  for (const variable of variables) {
    if (variable.from === 'string') env[variable.name] = variable.value;
    else if (variable.from === 'event') env[variable.name] = fromEvent(event, variable);
    else {
      const secret = await secrets.secret(variable.name);
      if (secret === undefined) {
        throw new JobTerminalError(`the secret ${variable.name} of the job is not there; create it first`);
      }
      Object.assign(env, secret);
      secretValues.push(...Object.values(secret));
    }
  }
  return { env, secretValues };
}

function fromEvent(event: KeptnEvent, variable: Extract<JobVariable, { from: 'event' }>): string {
  const value = valueAtPath(eventAsJson(event), variable.path);
  if (value === undefined) {
    throw new JobTerminalError(
      `the event ${event.type} has no value at $.${variable.path.join('.')}, which the variable ${variable.name} of the job takes`,
    );
  }
  // JSON is YAML too, so `as: yaml` is written the same way.
  return typeof value === 'string' && variable.as === 'string' ? value : asText(value);
}

function asText(value: Json): string {
  return JSON.stringify(value);
}

/** Kubernetes' expansion: `$(NAME)` becomes the variable, `$$(NAME)` stays `$(NAME)`, unknown names stay as written. */
export function expandVariables(text: string, env: { [name: string]: string }): string {
  return text.replaceAll(/(\$?)\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)/g, (all, doubled: string, name: string) => {
    if (doubled !== '') return all.slice(1);
    return Object.hasOwn(env, name) ? (env[name] ?? '') : all;
  });
}
