import type { JsonObject } from '../../../contracts/json.ts';
import { PlatformTerminalError } from '../errors.ts';
import { formatYaml, parseYamlObject } from './chart-yaml.ts';

/** A Helm chart in memory: its folder's name in the archive and its files by path below that folder. */
export interface Chart {
  readonly folder: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** One rendered object of a generated chart and the file that holds it. */
export interface Template {
  readonly file: string;
  readonly object: JsonObject;
}

/** Name in Chart.yaml; throws PlatformTerminalError when the chart has none. */
export function nameOf(chart: Chart): string {
  const file = chart.files.get('Chart.yaml');
  if (file === undefined) {
    throw new PlatformTerminalError(
      `the chart in folder ${chart.folder}/ has no Chart.yaml; pack the chart's folder itself`,
    );
  }
  const name = parseYamlObject(text(file), 'Chart.yaml').name;
  if (typeof name !== 'string' || name === '')
    throw new PlatformTerminalError('Chart.yaml has no name; add one');
  return name;
}

/** Content of values.yaml; empty when the chart has none. */
export function valuesOf(chart: Chart): JsonObject {
  const file = chart.files.get('values.yaml');
  return file === undefined ? {} : parseYamlObject(text(file), `${chart.folder}/values.yaml`);
}

/** The chart with another values.yaml; the same chart when the values are equal, so that no needless commit is made. */
export function withValues(chart: Chart, values: JsonObject): Chart {
  if (chart.files.has('values.yaml') && JSON.stringify(valuesOf(chart)) === JSON.stringify(values))
    return chart;
  const files = new Map(chart.files);
  files.set('values.yaml', new TextEncoder().encode(formatYaml(values)));
  return { folder: chart.folder, files };
}

/** Chart of generated objects, as helm-service wrote it: version 0.1.0, keyword `deployment_strategy=<strategy>`. */
export function generatedChart(name: string, strategy: string, templates: readonly Template[]): Chart {
  const encoder = new TextEncoder();
  const metadata = {
    apiVersion: 'v2',
    name,
    version: '0.1.0',
    keywords: [`deployment_strategy=${strategy}`],
  };
  const files = new Map<string, Uint8Array>([['Chart.yaml', encoder.encode(formatYaml(metadata))]]);
  for (const { file, object } of templates) {
    files.set(`templates/${file}`, encoder.encode(escapeTemplate(formatYaml(object))));
  }
  return { folder: name, files };
}

/** Rendered text goes through Helm's template engine once more: `{{` in it must come out as it went in. */
function escapeTemplate(rendered: string): string {
  return rendered.replaceAll('{{', '{{ "{{" }}');
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
