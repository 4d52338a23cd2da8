import type { MappingEntry, MappingNode, YamlNode } from './node.ts';
import { isMergeKey, resolveAlias } from './node.ts';

/** A mapping's own entries and the sources of its last merge key `<<`, as Go's yaml.v3 sees them. */
export interface SplitMapping {
  readonly own: readonly MappingEntry[];
  readonly merged: readonly YamlNode[];
  /** The value of `<<` when it is neither a mapping nor a list of mappings. */
  readonly invalidMerge: YamlNode | undefined;
}

/** Separates the merge key from the ordinary entries of a mapping. */
export function splitMerge(node: MappingNode): SplitMapping {
  const merge = node.entries.findLast((entry) => isMergeKey(entry.key));
  if (merge === undefined) return { own: node.entries, merged: [], invalidMerge: undefined };
  const own = node.entries.filter((entry) => !isMergeKey(entry.key));
  const target = resolveAlias(merge.value);
  if (target.kind === 'mapping') return { own, merged: [merge.value], invalidMerge: undefined };
  if (merge.value.kind === 'sequence') {
    const wrong = merge.value.items.find((item) => resolveAlias(item).kind !== 'mapping');
    return { own, merged: merge.value.items, invalidMerge: wrong };
  }
  return { own, merged: [], invalidMerge: merge.value };
}

/** The second of two keys with the same text, which Go's yaml.v3 refuses, or undefined. */
export function findDuplicateKey(node: MappingNode): YamlNode | undefined {
  if (node.entries.length < 2) return undefined;
  const seen = new Set<string>();
  for (const { key } of node.entries) {
    const id = `${key.kind} ${key.kind === 'scalar' ? key.text : key.kind === 'alias' ? key.name : ''}`;
    if (seen.has(id)) return key;
    seen.add(id);
  }
  return undefined;
}
