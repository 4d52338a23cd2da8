import type { DocumentPath } from '../problem.ts';
import type { YamlNode } from './node.ts';
import { resolveAlias } from './node.ts';

/** The node at a path, or the nearest node above it that exists; undefined for an empty document. */
export function nearestNode(root: YamlNode | undefined, path: DocumentPath): YamlNode | undefined {
  let node = root;
  for (const segment of path) {
    const child = node === undefined ? undefined : childOf(node, segment);
    if (child === undefined) return node;
    node = child;
  }
  return node;
}

/** The node at a path, or undefined when the document has no such path. */
export function nodeAt(root: YamlNode | undefined, path: DocumentPath): YamlNode | undefined {
  let node = root;
  for (const segment of path) {
    if (node === undefined) return undefined;
    node = childOf(node, segment);
  }
  return node;
}

function childOf(node: YamlNode, segment: string | number): YamlNode | undefined {
  const collection = resolveAlias(node);
  if (collection.kind === 'sequence')
    return typeof segment === 'number' ? collection.items[segment] : undefined;
  if (collection.kind !== 'mapping') return undefined;
  return collection.entries.find(({ key }) => {
    const scalar = resolveAlias(key);
    return scalar.kind === 'scalar' && scalar.text === String(segment);
  })?.value;
}
