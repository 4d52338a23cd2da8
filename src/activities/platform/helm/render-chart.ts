import type { JsonObject } from '../../../contracts/json.ts';
import { PlatformTerminalError } from '../errors.ts';
import type { Chart } from './chart.ts';
import { parseManifest } from './chart-yaml.ts';
import type { HelmCommand, Release } from './helm-command.ts';

/** The cluster does not know the kinds of a chart's own definitions before its first deployment. */
const UNKNOWN_KIND = /no matches for kind/;
/** Helm before 3.13 renders without a cluster only. */
const OLD_HELM = /invalid argument "server" for "--dry-run"/;

/**
 * Objects of a chart as this cluster would get them: its version and its kinds decide what charts render, and `lookup` finds
 * what is there. Without the cluster where helm is too old for that, or where the chart brings its kinds along.
 */
export async function renderChart(
  helm: HelmCommand,
  release: Release,
  request: { chart: Chart; values: JsonObject; isUpgrade: boolean; what: string },
): Promise<JsonObject[]> {
  const { what, isUpgrade, ...given } = request;
  try {
    return parseManifest(await helm.template(release, { ...given, onCluster: { isUpgrade } }), what);
  } catch (error) {
    if (!(error instanceof PlatformTerminalError) || !needsNoCluster(error, request.chart)) throw error;
    return parseManifest(await helm.template(release, given), what);
  }
}

function needsNoCluster({ message }: Error, { files }: Chart): boolean {
  const definitions = [...files.keys()].some((path) => /(^|\/)crds\//.test(path));
  return OLD_HELM.test(message) || (definitions && UNKNOWN_KIND.test(message));
}
