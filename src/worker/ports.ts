import type { ConfigRepo } from '../activities/config/config-repo.ts';
import type { ActivityDependencies } from '../activities/index.ts';
import { HttpLoad } from '../activities/load/http-load.ts';
import { LocalPlatform } from '../activities/platform/local-platform.ts';
import { ChildProcessRunner } from '../activities/runner/child-process-runner.ts';
import { LocalTraffic } from '../activities/traffic/local-traffic.ts';
import type { EmbeddedAccess } from '../composition/embedded-access.ts';
import type { Settings } from '../config/load.ts';

/** The ports through which tasks act, and what is particular to the place. */
export type Ports = Pick<ActivityDependencies, 'platform' | 'traffic' | 'loadTool' | 'runner' | 'options'>;

/** Chooses the adapters: local processes beside a `slipway dev`, Kubernetes everywhere else. */
export async function openPorts(
  embedded: EmbeddedAccess | undefined,
  parts: { config: ConfigRepo; settings: Settings },
): Promise<Ports> {
  if (embedded !== undefined) {
    return {
      platform: new LocalPlatform(embedded.platform, parts.config),
      traffic: new LocalTraffic(embedded.platform),
      loadTool: new HttpLoad(parts.config),
      runner: new ChildProcessRunner(),
      options: { defaultSliProvider: 'prometheus' },
    };
  }
  throw new Error('not yet');
}
