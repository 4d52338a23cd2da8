import type { JsonObject } from '../../../contracts/json.ts';
import type { DeploymentPreview, ObjectChange } from '../../../contracts/preview.ts';
import { KubernetesApiError } from '../../kubernetes/errors.ts';
import type { DeployRequest } from '../platform.ts';
import { type Chart, valuesOf } from './chart.ts';
import { duplicateChart, type MeshKind } from './duplicate-chart.ts';
import type { HelmCommand } from './helm-command.ts';
import { findMainObjects, mainObjects } from './main-objects.ts';
import { isKind, objectName, objectsAt } from './objects.ts';
import { compareObjects } from './preview.ts';
import { namespaceOf, releaseName } from './release-name.ts';
import { renderChart } from './render-chart.ts';
import { keptnValues } from './user-chart.ts';

/** What a preview is made of; nothing of it writes. */
export interface PreviewParts {
  readonly helm: HelmCommand;
  readonly mesh: MeshKind;
  /** Objects of a release as it is; empty when there is none. */
  readonly manifest: (release: { name: string; namespace: string }) => Promise<JsonObject[]>;
  /** Chart that `direct` makes for its route; undefined where it makes none. */
  readonly routeChart: (manifest: readonly JsonObject[]) => Chart | undefined;
  /** True when the service has a route; absent where nothing is routed. */
  readonly hasRoute?: () => Promise<boolean>;
  /** Image that users have; undefined before the first deployment. */
  readonly running: () => Promise<string | undefined>;
}

/** Compares what the service's chart renders with its releases: the user's side with the deployment, the generated side with the release. */
export async function previewOf(
  request: DeployRequest,
  chart: Chart,
  parts: PreviewParts,
): Promise<Pick<DeploymentPreview, 'versions' | 'changes'>> {
  const { helm, manifest } = parts;
  const side = request.strategy === 'duplicate' ? 'canary' : request.strategy;
  const [user, generated] = [false, true].map((kind) => ({
    name: releaseName(request, kind),
    namespace: namespaceOf(request),
  })) as [{ name: string; namespace: string }, { name: string; namespace: string }];
  const deployed = await manifest(user);
  const what = `chart of ${request.service}`;
  const wanted = await renderChart(helm, user, {
    chart,
    values: keptnValues(request, side),
    isUpgrade: deployed.length > 0,
    what,
  });
  const changes = compareObjects({ release: user.name, step: 'deployment', before: deployed, after: wanted });
  const values = { ...valuesOf(chart), ...keptnValues(request, side) };
  const beside =
    request.strategy === 'duplicate'
      ? duplicateChart(wanted, { service: request, values, mesh: parts.mesh })
      : request.strategy === 'direct'
        ? parts.routeChart(wanted)
        : undefined;
  if (beside !== undefined) {
    const before = await manifest(generated);
    const after = await renderChart(helm, generated, {
      chart: beside,
      values: keptnValues(request, 'primary'),
      isUpgrade: before.length > 0,
      what,
    });
    // The first deployment makes the primary at once; later ones leave it alone until the release.
    const step = before.length === 0 || request.strategy === 'direct' ? 'deployment' : 'release';
    changes.push(...compareObjects({ release: generated.name, step, before, after }));
  }
  if (request.strategy === 'duplicate') {
    const { service } = mainObjects(wanted, request, values);
    if (service !== undefined) changes.push(...(await route(objectName(service), parts)));
  }
  return { versions: await versions(request, { wanted, values, running: parts.running }), changes };
}

/** The route is made once and belongs to no release. */
async function route(name: string, { mesh, hasRoute }: PreviewParts): Promise<ObjectChange[]> {
  if (hasRoute === undefined || (await routed(hasRoute))) return [];
  const kind = mesh === 'istio' ? 'VirtualService' : 'HTTPRoute';
  return [{ action: 'create', kind, name, release: '', step: 'deployment', fields: [] }];
}

/** A namespace that is not there yet holds no route; an account may not even look into it. */
async function routed(hasRoute: () => Promise<boolean>): Promise<boolean> {
  try {
    return await hasRoute();
  } catch (error) {
    if (error instanceof KubernetesApiError && (error.status === 404 || error.status === 403)) return false;
    throw error;
  }
}

async function versions(
  request: DeployRequest,
  {
    wanted,
    values,
    running,
  }: { wanted: readonly JsonObject[]; values: JsonObject; running: () => Promise<string | undefined> },
): Promise<DeploymentPreview['versions']> {
  const now = await running();
  const deployment =
    findMainObjects(wanted, request, values)?.deployment ??
    wanted.find((object) => isKind(object, 'apps', 'Deployment'));
  const containers = objectsAt(deployment, 'spec', 'template', 'spec', 'containers');
  const main =
    containers.find((container) => container.name === objectName(deployment ?? {})) ?? containers[0];
  return {
    ...(now === undefined ? {} : { running: now }),
    ...(typeof main?.image === 'string' ? { wanted: main.image } : {}),
  };
}
