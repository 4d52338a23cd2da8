import type { JsonObject } from '../../../contracts/json.ts';
import { PlatformTerminalError } from '../errors.ts';
import type { DeployRequest, EffectContext, ServiceRef } from '../platform.ts';
import type { Chart } from './chart.ts';
import { carryOutGenerated } from './generated-release.ts';
import { type HelmCluster, releaseOf } from './helm-cluster.ts';
import { meshChart } from './mesh-chart.ts';
import { isKind } from './objects.ts';

/** Chart with the route of a direct deployment; undefined where nobody routes. */
export function routeChart(
  { mesh, ingress, gateway }: Pick<HelmCluster, 'mesh' | 'ingress' | 'gateway'>,
  service: ServiceRef,
  manifest: readonly JsonObject[],
): Chart | undefined {
  return mesh === 'none' ? undefined : meshChart(manifest, { service, ingress, mesh, gateway });
}

/** Deploys the route that leads to a direct deployment. */
export async function ensureDirectRoute(
  cluster: HelmCluster,
  request: DeployRequest,
  found: { manifest: readonly JsonObject[]; context: EffectContext },
): Promise<void> {
  const chart = routeChart(cluster, request, found.manifest);
  if (chart === undefined) return;
  const { context } = found;
  const step = { chart, deployment: 'direct', context, name: 'mesh', key: request.idempotencyKey } as const;
  await carryOutGenerated(cluster, request, step);
}

/** The generated chart of a direct deployment has no primary: putting it over one would end the pods that users are on. */
export async function refuseServedPrimary(
  { steps }: Pick<HelmCluster, 'steps'>,
  request: ServiceRef,
): Promise<void> {
  const generated = await steps.manifest(releaseOf(request, true));
  if (!generated.some((object) => isKind(object, 'apps', 'Deployment'))) return;
  throw new PlatformTerminalError(
    `${request.service} runs blue/green in stage ${request.stage}, and its users are on the primary, which a direct deployment would take away; keep blue_green_service, or remove the releases of the service first`,
  );
}
