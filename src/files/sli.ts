import { type ParsedFile, readYamlFile } from './parsed-file.ts';

/** A provider's `sli.yaml`: the query of each indicator, in file order. */
export interface SliFile {
  specVersion: string;
  /** Own properties only; names come from outside, so read them with Object.hasOwn. */
  indicators: ReadonlyMap<string, string>;
}

/**
 * Reads `<provider>/sli.yaml`. Any scalar is a query, as Keptn's Go decoder took it; a file without indicators is
 * no problem here, because other levels may have some (Keptn 1.4.5 merged project, stage and service). Of an indicator that is
 * defined twice the last one counts (prometheus-service read the file with yaml.v2).
 */
export function parseSli(text: string, file: string): ParsedFile<SliFile> {
  return readYamlFile(text, { file, repeatedKeys: 'lastWins' }, (root, { decoder, fields }) => {
    let specVersion = '';
    const indicators = new Map<string, string>();
    fields(root, [], {
      spec_version: (node, path) => {
        const version = decoder.text(node, path);
        if (typeof version === 'string') specVersion = version;
      },
      indicators: (node, path) => {
        decoder.entries(node, path, (name, value) => {
          const query = decoder.text(value, [...path, name]);
          if (query !== undefined && !indicators.has(name)) {
            indicators.set(name, typeof query === 'string' ? query : '');
          }
        });
      },
    });
    return { specVersion, indicators };
  });
}

/** The indicators of all levels, key by key; give them from project over stage to service: the later one wins. */
export function mergeIndicators(levels: readonly SliFile[]): ReadonlyMap<string, string> {
  const merged = new Map<string, string>();
  for (const level of levels) {
    for (const [name, query] of level.indicators) merged.set(name, query);
  }
  return merged;
}
