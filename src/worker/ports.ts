import type { ConfigRepo } from '../activities/config/config-repo.ts';
import type { ActivityDependencies } from '../activities/index.ts';
import { kubernetesOptions, kubernetesPorts } from '../activities/kubernetes/kubernetes-ports.ts';
import { HttpLoad } from '../activities/load/http-load.ts';
import { LocalPlatform } from '../activities/platform/local-platform.ts';
import { ChildProcessRunner } from '../activities/runner/child-process-runner.ts';
import { LocalTraffic } from '../activities/traffic/local-traffic.ts';
import type { EmbeddedAccess } from '../composition/embedded-access.ts';
import { activityOptions } from './activity-options.ts';

/** The ports through which tasks act, and what is particular to the place. */
export type Ports = Pick<ActivityDependencies, 'platform' | 'traffic' | 'loadTool' | 'runner' | 'options'>;

/** Chooses the adapters: local processes beside a `slipway dev`, Kubernetes everywhere else. Throws KubernetesOptionsError, ConfigurationError. */
export function choosePorts(
  embedded: EmbeddedAccess | undefined,
  config: ConfigRepo,
  env: NodeJS.ProcessEnv = process.env,
): Ports {
  const loadTool = new HttpLoad(config);
  const options = activityOptions(env);
  if (embedded === undefined) {
    const { reaching, ...ports } = kubernetesPorts(config, kubernetesOptions(env));
    return { ...ports, loadTool: reaching(loadTool), options };
  }
  return {
    platform: new LocalPlatform(embedded.platform, config),
    traffic: new LocalTraffic(embedded.platform),
    loadTool,
    runner: new ChildProcessRunner(),
    options: { defaultSliProvider: 'prometheus', ...options },
  };
}
