/** A scalar as written: its text after unquoting, whether it was quoted (or a block), and where it starts. */
export interface ScalarNode {
  readonly kind: 'scalar';
  readonly text: string;
  /** True for quoted scalars and for `|` and `>` blocks, which are never read as numbers, booleans or null. */
  readonly quoted: boolean;
  /** Explicit tag in its short form such as `!!str`, or null. */
  readonly tag: string | null;
  /** Offset of the first character in the text. */
  readonly offset: number;
}

/** A sequence with its items in order. */
export interface SequenceNode {
  readonly kind: 'sequence';
  readonly items: YamlNode[];
  readonly tag: string | null;
  readonly offset: number;
}

/** One `key: value` of a mapping. */
export interface MappingEntry {
  readonly key: YamlNode;
  readonly value: YamlNode;
}

/** A mapping with its entries in the order of the file, duplicates and merge keys included. */
export interface MappingNode {
  readonly kind: 'mapping';
  readonly entries: MappingEntry[];
  readonly tag: string | null;
  readonly offset: number;
}

/** A reference `*name` to an anchored node; the target may contain the alias itself. */
export interface AliasNode {
  readonly kind: 'alias';
  readonly name: string;
  readonly target: Exclude<YamlNode, AliasNode>;
  readonly offset: number;
}

/** A node of a YAML document that remembers where it was written. */
export type YamlNode = ScalarNode | SequenceNode | MappingNode | AliasNode;

/** Follows an alias to the node that it stands for. */
export function resolveAlias(node: YamlNode): Exclude<YamlNode, AliasNode> {
  return node.kind === 'alias' ? node.target : node;
}

/** True for the plain key `<<`, which merges other mappings into the one that holds it. */
export function isMergeKey(node: YamlNode): boolean {
  return (
    node.kind === 'scalar' &&
    node.text === '<<' &&
    (node.tag === '!!merge' || (node.tag === null && !node.quoted))
  );
}
