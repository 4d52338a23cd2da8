import { JOB_RESOURCES } from '../activities/executors/jobs.ts';
import type { ActivityOptions } from '../activities/index.ts';
import type { RunResources } from '../activities/runner/runner.ts';
import { ConfigurationError } from '../config/errors.ts';

/**
 * Reads what an operator may set for tasks: SLIPWAY_SLI_PROVIDER, SLIPWAY_JOB_IMAGES (globs with commas), SLIPWAY_JOB_NAMESPACE,
 * SLIPWAY_WEBHOOK_DENIED_HOSTS (with commas), SLIPWAY_DRAIN_SECONDS, and job-executor-service's DEFAULT_RESOURCE_LIMITS_CPU,
 * _LIMITS_MEMORY, _REQUESTS_CPU and _REQUESTS_MEMORY. Throws ConfigurationError.
 */
export function activityOptions(env: NodeJS.ProcessEnv): ActivityOptions {
  const provider = env.SLIPWAY_SLI_PROVIDER;
  const namespace = env.SLIPWAY_JOB_NAMESPACE;
  const images = list(env.SLIPWAY_JOB_IMAGES);
  const denied = list(env.SLIPWAY_WEBHOOK_DENIED_HOSTS);
  const drainTimeMs = milliseconds('SLIPWAY_DRAIN_SECONDS', env.SLIPWAY_DRAIN_SECONDS);
  return {
    ...(provider ? { defaultSliProvider: provider } : {}),
    ...(namespace ? { jobNamespace: namespace } : {}),
    ...(images === undefined ? {} : { imageAllowList: images }),
    jobResources: jobResources(env),
    ...(denied === undefined ? {} : { webhookDeniedHosts: denied }),
    ...(drainTimeMs === undefined ? {} : { drainTimeMs }),
  };
}

function jobResources(env: NodeJS.ProcessEnv): RunResources {
  const { limits, requests } = JOB_RESOURCES;
  const amounts = (kind: string, usual: RunResources['limits']): RunResources['limits'] => ({
    cpu: env[`DEFAULT_RESOURCE_${kind}_CPU`] || (usual.cpu ?? ''),
    memory: env[`DEFAULT_RESOURCE_${kind}_MEMORY`] || (usual.memory ?? ''),
  });
  return { limits: amounts('LIMITS', limits), requests: amounts('REQUESTS', requests) };
}

function list(value: string | undefined): string[] | undefined {
  if (!value) return undefined;
  return value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function milliseconds(variable: string, value: string | undefined): number | undefined {
  if (!value) return undefined;
  const seconds = Number(value);
  if (seconds >= 0) return seconds * 1000;
  throw new ConfigurationError(`${variable} is ${value}`, 'set it to a number of seconds');
}
