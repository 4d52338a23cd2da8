import type { DocumentPath } from '../problem.ts';
import { AliasBudget } from './alias-budget.ts';
import { findDuplicateKey, splitMerge } from './merge.ts';
import type { MappingNode, YamlNode } from './node.ts';
import { resolveScalar } from './scalar.ts';
import type { ReportNode } from './value.ts';

/** Reads one field of a mapping; `path` ends with the field's name. */
export type FieldReader = (node: YamlNode, path: DocumentPath) => void;

/** YAML null, which leaves a Go value at its zero. */
export const YAML_NULL: unique symbol = Symbol('YAML null');

const YES = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON']);
const NO = new Set(['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF']);
const INT64_MINIMUM = -(2 ** 63);

/**
 * Decodes nodes into typed fields as Go's yaml.v3 decodes them into structs (Keptn 1.4.5 read slo.yaml so):
 * any scalar is accepted as a string, floats are truncated into integers, YAML 1.1 booleans are accepted
 * for boolean fields, null leaves the zero value, unknown keys are ignored. What Go refuses is reported and
 * gives undefined.
 */
export class NodeDecoder {
  readonly #report: ReportNode;
  readonly #budget = new AliasBudget();
  readonly #open = new Set<YamlNode>();
  #stopped = false;

  constructor(report: ReportNode) {
    this.#report = report;
  }

  /** Text of a scalar as written: `pass: 90` is "90". */
  text(node: YamlNode, path: DocumentPath): string | typeof YAML_NULL | undefined {
    return this.#enter(node, path, (target) => {
      if (target.kind !== 'scalar') return this.#refuse(target, path, 'a string');
      const resolved = resolveScalar(target);
      if (resolved.type === 'null') return YAML_NULL;
      if (resolved.type === 'mismatch') return this.#mismatch(target, path);
      return target.tag === '!!binary' && resolved.type === 'string' ? resolved.value : target.text;
    });
  }

  /** A 64-bit integer as a number (rounded beyond 2^53); floats are cut off after the point. */
  integer(node: YamlNode, path: DocumentPath): number | typeof YAML_NULL | undefined {
    return this.#enter(node, path, (target) => {
      if (target.kind !== 'scalar') return this.#refuse(target, path, 'an integer');
      const resolved = resolveScalar(target);
      if (resolved.type === 'null') return YAML_NULL;
      if (resolved.type === 'mismatch') return this.#mismatch(target, path);
      if (resolved.type === 'integer' && resolved.fits64Bits) return resolved.value;
      if (resolved.type === 'float' && resolved.value <= 2 ** 63) return truncateToInt64(resolved.value);
      return this.#refuse(target, path, 'an integer');
    });
  }

  /** A boolean, also in its YAML 1.1 spellings such as `yes` and `off`. */
  boolean(node: YamlNode, path: DocumentPath): boolean | typeof YAML_NULL | undefined {
    return this.#enter(node, path, (target) => {
      if (target.kind !== 'scalar') return this.#refuse(target, path, 'true or false');
      const resolved = resolveScalar(target);
      if (resolved.type === 'null') return YAML_NULL;
      if (resolved.type === 'mismatch') return this.#mismatch(target, path);
      if (resolved.type === 'boolean') return resolved.value;
      if (resolved.type === 'string' && YES.has(resolved.value)) return true;
      if (resolved.type === 'string' && NO.has(resolved.value)) return false;
      return this.#refuse(target, path, 'true or false');
    });
  }

  /** Calls `each` for every item of a list; false when the node is null or refused. */
  list(node: YamlNode, path: DocumentPath, each: FieldReader): boolean {
    const done = this.#enter(node, path, (target) => {
      if (isNull(target)) return false;
      if (target.kind !== 'sequence') return this.#refuse(target, path, 'a list');
      for (const [index, item] of target.items.entries()) each(item, [...path, index]);
      return true;
    });
    return done === true;
  }

  /** Calls the reader of every known field of a mapping; false when the node is null or refused. */
  fields(node: YamlNode, path: DocumentPath, readers: Readonly<Record<string, FieldReader>>): boolean {
    const done = new Set<string>();
    const read = (key: string, value: YamlNode): void => {
      if (done.has(key)) return;
      done.add(key);
      if (Object.hasOwn(readers, key)) readers[key]?.(value, [...path, key]);
    };
    return this.entries(node, path, read);
  }

  /** Calls `each` for every entry of a mapping, merged entries after its own; false as in `fields`. */
  entries(node: YamlNode, path: DocumentPath, each: (key: string, value: YamlNode) => void): boolean {
    const done = this.#enter(node, path, (target) => {
      if (isNull(target)) return false;
      if (target.kind !== 'mapping') return this.#refuse(target, path, 'a mapping');
      if (this.#duplicated(target, path)) return undefined;
      this.#mapping(target, path, each);
      return true;
    });
    return done === true;
  }

  #mapping(node: MappingNode, path: DocumentPath, each: (key: string, value: YamlNode) => void): void {
    const { own, merged, invalidMerge } = splitMerge(node);
    for (const { key, value } of own) {
      const name = this.text(key, path);
      if (typeof name === 'string') each(name, value);
    }
    if (invalidMerge !== undefined) this.#refuse(invalidMerge, path, 'a mapping to merge');
    else for (const source of merged) this.entries(source, path, each);
  }

  #duplicated(node: MappingNode, path: DocumentPath): boolean {
    const key = findDuplicateKey(node);
    if (key === undefined) return false;
    const text = key.kind === 'scalar' ? key.text : 'key';
    this.#report(key, [...path, text], `"${text}" is defined twice`, 'keep one of the two');
    return true;
  }

  #enter<T>(
    node: YamlNode,
    path: DocumentPath,
    decode: (target: Exclude<YamlNode, { kind: 'alias' }>) => T,
  ): T | undefined {
    if (this.#stopped) return undefined;
    if (!this.#budget.spend(this.#open.size > 0)) {
      return this.#stop(node, path, 'aliases expand this document too much');
    }
    if (node.kind !== 'alias') return decode(node);
    if (this.#open.has(node)) return this.#stop(node, path, `the anchor &${node.name} contains itself`);
    this.#open.add(node);
    const result = this.#enter(node.target, path, decode);
    this.#open.delete(node);
    return result;
  }

  #stop(node: YamlNode, path: DocumentPath, message: string): undefined {
    this.#stopped = true;
    this.#report(node, path, message, 'write the values out instead of using aliases');
  }

  #mismatch(node: YamlNode & { kind: 'scalar' }, path: DocumentPath): undefined {
    this.#report(
      node,
      path,
      `"${shorten(node.text)}" is not a ${node.tag} value`,
      'remove the tag or correct the value',
    );
  }

  #refuse(node: YamlNode, path: DocumentPath, expected: string): undefined {
    const found =
      node.kind === 'scalar' ? `"${shorten(node.text)}"` : node.kind === 'sequence' ? 'a list' : 'a mapping';
    this.#report(node, path, `expected ${expected}, got ${found}`, undefined);
  }
}

/** True for a plain null, `~` or nothing at all. */
export function isNull(node: YamlNode): boolean {
  const target = node.kind === 'alias' ? node.target : node;
  return target.kind === 'scalar' && resolveScalar(target).type === 'null';
}

function truncateToInt64(value: number): number {
  // amd64 turns what does not fit into the smallest integer.
  if (value >= 2 ** 63 || value < INT64_MINIMUM) return INT64_MINIMUM;
  return Math.trunc(value) + 0;
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}…` : text;
}
