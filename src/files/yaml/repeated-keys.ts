import type { DocumentPath } from '../problem.ts';
import type { MappingNode, YamlNode } from './node.ts';

/** Told of a key that is dropped because a later one of the same mapping has its text; the path ends with it. */
export type ReportRepeated = (offset: number, path: DocumentPath) => void;

/** Keeps the last of several keys with the same text in every mapping of a document, as Go's yaml.v2 did. */
export function keepLastKeys(root: YamlNode, report: ReportRepeated): void {
  const open: [YamlNode, DocumentPath][] = [[root, []]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [node, path] = next;
    if (node.kind === 'sequence')
      for (const [index, item] of node.items.entries()) open.push([item, [...path, index]]);
    if (node.kind !== 'mapping') continue;
    keepLast(node, (offset, key) => report(offset, [...path, ...key]));
    for (const { key, value } of node.entries)
      open.push([value, [...path, key.kind === 'scalar' ? key.text : '']]);
  }
}

function keepLast({ entries }: MappingNode, report: ReportRepeated): void {
  const seen = new Set<string>();
  for (let index = entries.length - 1; index >= 0; index--) {
    const key = entries[index]?.key;
    if (key?.kind !== 'scalar') continue;
    if (seen.has(key.text)) {
      report(key.offset, [key.text]);
      entries.splice(index, 1);
    }
    seen.add(key.text);
  }
}
