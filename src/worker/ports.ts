import type { ConfigRepo } from '../activities/config/config-repo.ts';
import type { Secrets } from '../activities/executors/dependencies.ts';
import type { ActivityDependencies, ActivityOptions } from '../activities/index.ts';
import { kubernetesOptions, kubernetesPorts } from '../activities/kubernetes/kubernetes-ports.ts';
import { composeLoad } from '../activities/load/compose-load.ts';
import { HttpLoad } from '../activities/load/http-load.ts';
import type { LoadRunOptions } from '../activities/load/load-program.ts';
import { ReachCheck } from '../activities/load/reach.ts';
import { LocalPlatform } from '../activities/platform/local-platform.ts';
import { ChildProcessRunner } from '../activities/runner/child-process-runner.ts';
import { LocalTraffic } from '../activities/traffic/local-traffic.ts';
import type { EmbeddedAccess } from '../composition/embedded-access.ts';
import { ConfigurationError } from '../config/errors.ts';
import { activityOptions } from './activity-options.ts';
import { clusterLoadPrograms, loadTimeoutSeconds, localLoadPrograms } from './load-programs.ts';

/** The ports through which tasks act, and what is particular to the place. */
export type Ports = Pick<ActivityDependencies, 'platform' | 'traffic' | 'loadTool' | 'runner' | 'options'>;

/** What the adapters read from. */
export interface PortSources {
  config: ConfigRepo;
  secrets: Secrets;
}

/**
 * Chooses the adapters: local processes beside a `slipway dev`, unless SLIPWAY_PLATFORM is kubernetes; Kubernetes everywhere else.
 * Throws KubernetesOptionsError, ConfigurationError.
 */
export function choosePorts(
  embedded: EmbeddedAccess | undefined,
  sources: PortSources,
  env: NodeJS.ProcessEnv = process.env,
): Ports {
  const { SLIPWAY_PLATFORM: platform } = env;
  if (platform && platform !== 'kubernetes' && platform !== 'local') {
    throw new ConfigurationError(`SLIPWAY_PLATFORM is ${platform}`, 'set it to kubernetes or local');
  }
  if (embedded === undefined || platform === 'kubernetes') return clusterPorts(sources, env);
  return localPorts(embedded, sources, env);
}

function clusterPorts({ config, secrets }: PortSources, env: NodeJS.ProcessEnv): Ports {
  const options = activityOptions(env);
  const { reaching, ...ports } = kubernetesPorts(config, kubernetesOptions(env));
  const place = {
    config,
    runner: ports.runner,
    programs: clusterLoadPrograms(env),
    builtIn: reaching(new HttpLoad(config)),
    reach: reaching(new ReachCheck()),
    secret: (name: string) => secrets.secret(name),
  };
  return { ...ports, loadTool: composeLoad(place, loadRunOptions(options, env)), options };
}

function localPorts(
  embedded: EmbeddedAccess,
  { config, secrets }: PortSources,
  env: NodeJS.ProcessEnv,
): Ports {
  const options = activityOptions(env);
  const { programs, findProgram } = localLoadPrograms(env);
  const passedVariables = (env.SLIPWAY_JOB_VARIABLES ?? '').split(',').map((name) => name.trim());
  const runner = new ChildProcessRunner({ findProgram, passedVariables: passedVariables.filter(Boolean) });
  const builtIn = new HttpLoad(config);
  const secret = (name: string) => secrets.secret(name);
  return {
    platform: new LocalPlatform(embedded.platform, config),
    traffic: new LocalTraffic(embedded.platform),
    loadTool: composeLoad({ config, runner, programs, builtIn, secret }, loadRunOptions(options, env)),
    runner,
    options: { defaultSliProvider: 'prometheus', ...options },
  };
}

function loadRunOptions({ jobNamespace }: ActivityOptions, env: NodeJS.ProcessEnv): LoadRunOptions {
  const timeoutSeconds = loadTimeoutSeconds(env);
  return {
    ...(jobNamespace === undefined ? {} : { namespace: jobNamespace }),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  };
}
