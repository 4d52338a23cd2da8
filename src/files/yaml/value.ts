import type { DocumentPath } from '../problem.ts';
import { AliasBudget } from './alias-budget.ts';
import { findDuplicateKey, splitMerge } from './merge.ts';
import type { MappingNode, YamlNode } from './node.ts';
import { resolveScalar } from './scalar.ts';

/** Tells what is wrong with a node and where it stands. */
export type ReportNode = (node: YamlNode, path: DocumentPath, message: string, hint?: string) => void;

/**
 * Plain JavaScript value of a document: objects, arrays, strings, numbers, booleans and null. Keys become
 * own properties, also `__proto__`; merge keys are applied; a document that expands beyond the alias limits
 * or contains itself is reported and gives undefined.
 */
export function toValue(root: YamlNode, report: ReportNode): unknown {
  return new ValueBuilder(report).build(root, []);
}

class ValueBuilder {
  readonly #report: ReportNode;
  readonly #budget = new AliasBudget();
  readonly #open = new Set<YamlNode>();
  #stopped = false;

  constructor(report: ReportNode) {
    this.#report = report;
  }

  build(node: YamlNode, path: DocumentPath): unknown {
    if (this.#stopped) return undefined;
    if (!this.#budget.spend(this.#open.size > 0))
      return this.#stop(node, path, 'aliases expand this document too much');
    switch (node.kind) {
      case 'alias':
        return this.#alias(node, path);
      case 'scalar':
        return this.#scalar(node, path);
      case 'sequence':
        return node.items.map((item, index) => this.build(item, [...path, index]));
      case 'mapping':
        return this.#mapping(node, path);
    }
  }

  #alias(node: YamlNode & { kind: 'alias' }, path: DocumentPath): unknown {
    if (this.#open.has(node)) return this.#stop(node, path, `the anchor &${node.name} contains itself`);
    this.#open.add(node);
    const value = this.build(node.target, path);
    this.#open.delete(node);
    return value;
  }

  #scalar(node: YamlNode & { kind: 'scalar' }, path: DocumentPath): unknown {
    const resolved = resolveScalar(node);
    if (resolved.type === 'null') return null;
    if (resolved.type !== 'mismatch') return resolved.value;
    this.#report(
      node,
      path,
      `"${node.text}" is not a ${node.tag} value`,
      'remove the tag or correct the value',
    );
    return undefined;
  }

  #mapping(node: MappingNode, path: DocumentPath): unknown {
    const value: Record<string, unknown> = {};
    this.#fill(value, node, path);
    return value;
  }

  #fill(value: Record<string, unknown>, node: MappingNode, path: DocumentPath): void {
    const duplicate = findDuplicateKey(node);
    if (duplicate !== undefined) {
      const text = duplicate.kind === 'scalar' ? duplicate.text : 'key';
      this.#report(duplicate, [...path, text], `"${text}" is defined twice`, 'keep one of the two');
    }
    const { own, merged, invalidMerge } = splitMerge(node);
    if (invalidMerge !== undefined) {
      this.#report(invalidMerge, path, 'only mappings can be merged with <<', 'use an alias of a mapping');
    }
    for (const entry of own) {
      const key = this.#key(entry.key, path);
      if (key !== undefined && !Object.hasOwn(value, key))
        define(value, key, this.build(entry.value, [...path, key]));
    }
    for (const source of merged) {
      const fields = this.build(source, path);
      if (typeof fields !== 'object' || fields === null) continue;
      for (const [key, field] of Object.entries(fields))
        if (!Object.hasOwn(value, key)) define(value, key, field);
    }
  }

  #key(node: YamlNode, path: DocumentPath): string | undefined {
    const target = node.kind === 'alias' ? node.target : node;
    if (target.kind === 'scalar') return target.text;
    this.#report(node, path, 'a key must be a scalar', 'quote the key');
    return undefined;
  }

  #stop(node: YamlNode, path: DocumentPath, message: string): undefined {
    this.#stopped = true;
    this.#report(node, path, message, 'write the values out instead of using aliases');
  }
}

function define(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  } else object[key] = value;
}
