import type { JsonObject } from '../../../contracts/json.ts';
import type { ConfigRepo, ResourceScope } from '../../config/config-repo.ts';
import { PlatformTerminalError } from '../errors.ts';
import type { DeployRequest, ServiceRef } from '../platform.ts';
import { type Chart, valuesOf, withValues } from './chart.ts';
import { chartFromFiles, packChart, readChartArchive } from './chart-archive.ts';
import { refuseUnbounded } from './chart-yaml.ts';
import { withImageParts } from './image-parts.ts';
import { mergeValues } from './merge-values.ts';
import { chartName } from './release-name.ts';

/** A user chart and where it lies in the stage's configuration. */
interface StoredChart {
  readonly chart: Chart;
  readonly commit: string;
  /** Archive, or folder of an unpacked chart. */
  readonly uri: string;
  readonly packed: boolean;
}

/**
 * The chart of a service with `configurationChange.values` merged in and committed (helm-service 0.18; `commit: false` only merges): `helm/<service>.tgz`,
 * else `charts/<service>.tgz`, else the same folders unpacked. Answers the commit that was deployed from.
 */
export async function loadUserChart(
  config: ConfigRepo,
  request: DeployRequest,
  options = { commit: true },
): Promise<{ chart: Chart; commit: string }> {
  const stored = await findChart(config, request);
  if (Object.keys(request.values).length === 0) return stored;
  refuseUnbounded(request.values, 'configurationChange.values');
  const values = valuesOf(stored.chart);
  const chart = withValues(stored.chart, mergeValues(values, withImageParts(values, request.values)));
  if (chart === stored.chart || !options.commit) return { chart, commit: stored.commit };
  const commit = await config.write(
    scopeOf(request),
    await filesOf(stored, chart),
    `Update values of ${request.service}`,
  );
  return { chart, commit };
}

/** Writes the generated chart beside the user's, as helm-service did; equal content makes no commit. */
export async function storeGeneratedChart(
  config: ConfigRepo,
  service: ServiceRef,
  chart: Chart,
): Promise<void> {
  const uri = `helm/${chartName(service.service, true)}.tgz`;
  const content = await packChart(chart);
  await config.write(scopeOf(service), [{ uri, content }], `Update generated chart of ${service.service}`);
}

/** Scope of a service's files in its stage. */
export function scopeOf({ project, stage, service }: ServiceRef): ResourceScope {
  return { project, stage, service };
}

async function findChart(config: ConfigRepo, request: DeployRequest): Promise<StoredChart> {
  const scope = scopeOf(request);
  const name = chartName(request.service, false);
  const places = [`helm/${name}`, `charts/${name}`];
  // Values are committed onto the newest state: a chart pinned to an older commit would undo what came between.
  const commit = Object.keys(request.values).length > 0 ? undefined : request.gitCommitId;
  for (const place of places) {
    const found = await config.read(scope, `${place}.tgz`, commit);
    if (found === undefined) continue;
    const chart = await readChartArchive(found.content, `${place}.tgz of ${request.service}`);
    return { chart, commit: found.commit, uri: `${place}.tgz`, packed: true };
  }
  const uris = await config.list(scope, commit);
  for (const place of places) {
    const inside = uris.filter((uri) => uri.startsWith(`${place}/`));
    if (!inside.includes(`${place}/Chart.yaml`)) continue;
    const files = await Promise.all(inside.map((uri) => readFile(config, { scope, uri, commit })));
    const chart = chartFromFiles(
      name,
      files.map(({ uri, content }) => [uri.slice(place.length + 1), content]),
    );
    return { chart, commit: files[0]?.commit ?? '', uri: place, packed: false };
  }
  throw new PlatformTerminalError(
    `stage ${request.stage} has no chart for ${request.service}: add helm/${name}.tgz (slipway add-resource … --resourceUri=helm/${name}.tgz)`,
  );
}

async function readFile(
  config: ConfigRepo,
  which: { scope: ResourceScope; uri: string; commit: string | undefined },
): Promise<{ uri: string; content: Uint8Array; commit: string }> {
  const found = await config.read(which.scope, which.uri, which.commit);
  if (found === undefined)
    throw new PlatformTerminalError(`${which.uri} was removed while the chart was read; trigger again`);
  return found;
}

async function filesOf(stored: StoredChart, chart: Chart): Promise<{ uri: string; content: Uint8Array }[]> {
  if (stored.packed) return [{ uri: stored.uri, content: await packChart(chart) }];
  const content = chart.files.get('values.yaml') ?? new Uint8Array();
  return [{ uri: `${stored.uri}/values.yaml`, content }];
}

/** What the release of a side is told on top of the chart's values (helm-service 0.18). */
export function keptnValues(
  { project, stage, service }: ServiceRef,
  deployment: 'canary' | 'primary' | 'direct' | 'user_managed',
): JsonObject {
  return { keptn: { project, stage, service, deployment } };
}
