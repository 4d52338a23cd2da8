import type { Json, JsonObject } from '../../sequence/json.ts';
import { MAX_JSON_DEPTH } from '../../sequence/json.ts';
import type { DocumentPath } from '../problem.ts';
import { nodeAt } from '../yaml/locate.ts';
import { resolveAlias, type YamlNode } from '../yaml/node.ts';
import { goTimestamp } from '../yaml/timestamp.ts';

/** A place in a value that JSON cannot hold. */
export interface JsonProblem {
  path: DocumentPath;
  message: string;
}

/**
 * Copies a parsed YAML mapping as JSON; what JSON cannot hold is reported and left out. `root` is the document that holds the
 * mapping at `path`: it tells an unquoted date, which is a time (Keptn 1.4.5), from a quoted one.
 */
export function readJsonObject(
  mapping: object,
  path: DocumentPath,
  root: YamlNode | undefined,
): { value: JsonObject; problems: JsonProblem[] } {
  const reader = new JsonReader(root);
  return { value: reader.mapping(mapping, path), problems: reader.problems };
}

class JsonReader {
  readonly problems: JsonProblem[] = [];
  readonly #root: YamlNode | undefined;

  constructor(root: YamlNode | undefined) {
    this.#root = root;
  }

  mapping(mapping: object, path: DocumentPath): JsonObject {
    const read: JsonObject = {};
    for (const [key, value] of Object.entries(mapping)) {
      if (key === '__proto__')
        this.problems.push({ path: [...path, key], message: 'this key is not allowed' });
      else read[key] = this.#value(value, [...path, key]);
    }
    return read;
  }

  #value(value: unknown, path: DocumentPath): Json {
    if (path.length > MAX_JSON_DEPTH) {
      this.problems.push({ path, message: `nested deeper than ${MAX_JSON_DEPTH} levels` });
      return null;
    }
    if (typeof value === 'string') return this.#text(value, path);
    if (value === null || typeof value === 'boolean') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    if (Array.isArray(value)) return value.map((item, index) => this.#value(item, [...path, index]));
    if (typeof value === 'object') return this.mapping(value, path);
    this.problems.push({ path, message: `${String(value)} cannot be sent as JSON` });
    return null;
  }

  #text(text: string, path: DocumentPath): string {
    const time = goTimestamp(text);
    if (time === undefined || time === text) return text;
    const written = nodeAt(this.#root, path);
    const node = written === undefined ? undefined : resolveAlias(written);
    const plain =
      node?.kind === 'scalar' && (node.tag === '!!timestamp' || (node.tag === null && !node.quoted));
    return plain ? time : text;
  }
}
