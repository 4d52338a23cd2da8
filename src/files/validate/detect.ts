import { composeYaml } from '../yaml/compose.ts';
import { type MappingNode, resolveAlias, type YamlNode } from '../yaml/node.ts';
import { type ContentProbe, FORMAT_NAMES, FORMATS, type Format, type FormatName } from './formats.ts';

type FormatTest = Pick<Format<never>, 'path' | 'name' | 'declares' | 'resembles'>;

/** How sure one wants to be: `named` also goes by looks, for a file that the user has named. */
export type DetectMode = 'named' | 'found';

/**
 * The format of a file: what its content says, else its usual path, else (for a named file) what its keys look like, or its name;
 * undefined when it is none of ours, also when it says that it is somebody else's.
 */
export function detectFormat(text: string, file: string, mode: DetectMode): FormatName | undefined {
  const probe = probeContent(text);
  const path = file.replaceAll('\\', '/');
  const where = (test: (format: FormatTest) => boolean | undefined) =>
    FORMAT_NAMES.find((name) => test(FORMATS[name]));
  const declared = where((format) => format.declares(probe));
  if (declared !== undefined) return declared;
  const usual = isForeign(probe) ? undefined : where((format) => format.path.test(path));
  if (usual !== undefined || mode === 'found') return usual;
  return (
    where((format) => format.resembles(probe)) ??
    (isForeign(probe) ? undefined : where((format) => format.name?.test(path)))
  );
}

/** An object of another system in a file with a usual name, such as Kubernetes' Endpoints or another tool's SLO. */
function isForeign({ apiVersion, kind }: ContentProbe): boolean {
  return kind !== '' && apiVersion !== '' && !apiVersion.includes('keptn');
}

function probeContent(text: string): ContentProbe {
  const composed = composeYaml(text, { file: '' });
  if (composed.problems.length > 0) return probeLines(text);
  const root = mappingOf(composed.root);
  const spec = mappingOf(valueAt(root, 'spec'));
  return {
    apiVersion: textOf(valueAt(root, 'apiVersion')),
    kind: textOf(valueAt(root, 'kind')),
    keys: keysOf(root),
    specKeys: keysOf(spec),
    itemKeys: keysOf(mappingOf(firstItem(valueAt(root, 'workloads')))),
  };
}

/** What the lines that begin at the margin say, of a text that is not valid YAML. */
function probeLines(text: string): ContentProbe {
  const values = new Map<string, string>();
  for (const [, key = '', value = ''] of text.slice(0, PROBED).matchAll(TOP_LEVEL))
    if (!values.has(key)) values.set(key, value);
  return {
    apiVersion: values.get('apiVersion') ?? '',
    kind: values.get('kind') ?? '',
    keys: new Set(values.keys()),
    specKeys: new Set(),
    itemKeys: new Set(),
  };
}

/** Characters of a text that is not valid YAML that are looked at. */
const PROBED = 100_000;

const TOP_LEVEL = /^["']?(\w+)["']?[ \t]*:[ \t]*["']?([^\s"'#]*)/gm;

function mappingOf(node: YamlNode | undefined): MappingNode | undefined {
  const target = node === undefined ? undefined : resolveAlias(node);
  return target?.kind === 'mapping' ? target : undefined;
}

function textOf(node: YamlNode | undefined): string {
  const target = node === undefined ? undefined : resolveAlias(node);
  return target?.kind === 'scalar' ? target.text : '';
}

function valueAt(mapping: MappingNode | undefined, key: string): YamlNode | undefined {
  return mapping?.entries.find((entry) => textOf(entry.key) === key)?.value;
}

function firstItem(node: YamlNode | undefined): YamlNode | undefined {
  const target = node === undefined ? undefined : resolveAlias(node);
  return target?.kind === 'sequence' ? target.items[0] : undefined;
}

function keysOf(mapping: MappingNode | undefined): Set<string> {
  return new Set(mapping?.entries.map((entry) => textOf(entry.key)) ?? []);
}
