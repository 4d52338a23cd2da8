import {
  boolYaml11Tag,
  CORE_SCHEMA,
  defineScalarTag,
  dump,
  loadAll,
  mergeTag,
  NOT_RESOLVED,
  YAMLException,
} from 'js-yaml';
import type { JsonObject } from '../../../contracts/json.ts';
import { FlowIndent } from '../../../files/yaml/flow-indent.ts';
import { PlatformTerminalError } from '../errors.ts';
import { objectsAt } from './objects.ts';

const MAX_ALIASES = 200;
const MAX_DEPTH = 60;
/** Aliases of aliases make a billion values of a few lines; real charts are far below. */
const MAX_VALUES = 200_000;

/** Integers as Kubernetes' Go parser reads them: `0644` is octal, `1_000` a thousand, and there is no base 60. */
const goIntegerTag = defineScalarTag<number>('tag:yaml.org,2002:int', {
  implicit: true,
  implicitFirstChars: ['-', '+', ...'0123456789'],
  resolve: (source) => {
    const match = /^([-+]?)(?:0b([01]+)|0o?([0-7]+)|0x([0-9a-fA-F]+)|(0|[1-9][0-9]*))$/.exec(
      source.replaceAll('_', ''),
    );
    if (match === null) return NOT_RESOLVED;
    const [, sign, binary, octal, hexadecimal, decimal] = match;
    const value =
      binary !== undefined
        ? Number.parseInt(binary, 2)
        : octal !== undefined
          ? Number.parseInt(octal, 8)
          : hexadecimal !== undefined
            ? Number.parseInt(hexadecimal, 16)
            : Number(decimal);
    return sign === '-' ? -value : value;
  },
  identify: (value) => Number.isInteger(value),
  represent: (value) => value.toString(10),
});

/**
 * YAML as Kubernetes and Helm read it: YAML 1.1 booleans, Go's integers, no timestamps, and of a key that is there twice the last.
 */
const READING = {
  schema: CORE_SCHEMA.withTags(boolYaml11Tag, goIntegerTag, mergeTag),
  json: true,
  maxAliases: MAX_ALIASES,
  maxDepth: MAX_DEPTH,
};

/** Parses a chart's YAML file into an object, of several documents the first, as Helm; comments alone are an empty object. Throws PlatformTerminalError naming the file. */
export function parseYamlObject(text: string, file: string): JsonObject {
  const value = readAll(text, file).at(0);
  if (value === undefined || value === null) return {};
  if (!isMapping(value))
    throw new PlatformTerminalError(`${file} is not a mapping; write keys and values into it`);
  refuseUnbounded(value, file);
  return value;
}

/** Throws PlatformTerminalError for a value that is nested too deep or, its aliases written out, too large to be handled. */
export function refuseUnbounded(value: unknown, file: string): void {
  const known = new Map<object, number>();
  const count = (item: unknown, depth: number): number => {
    if (typeof item !== 'object' || item === null) return 1;
    if (depth > MAX_DEPTH)
      throw new PlatformTerminalError(
        `${file} is nested more than ${MAX_DEPTH} levels deep; make it flatter`,
      );
    const found = known.get(item);
    if (found !== undefined) return found;
    let sum = 1;
    for (const inner of Object.values(item)) sum += count(inner, depth + 1);
    known.set(item, sum);
    return sum;
  };
  if (count(value, 0) > MAX_VALUES) {
    throw new PlatformTerminalError(
      `${file} has more than ${MAX_VALUES} values when its aliases are written out; correct the chart`,
    );
  }
}

/** Parses a rendered manifest into its objects, in order, those of a List one by one; empty documents are left out. */
export function parseManifest(text: string, what: string): JsonObject[] {
  const documents = readAll(text, what);
  refuseUnbounded(documents, what);
  return documents.filter(isMapping).flatMap(itemsOf);
}

/** Writes an object as YAML that Kubernetes' YAML 1.1 parser reads back unchanged. */
export function formatYaml(value: JsonObject): string {
  return dump(value, { lineWidth: -1, noRefs: true });
}

/** All documents of a text; brackets and quotes may close further left than their key, as in Go. */
function readAll(text: string, file: string): unknown[] {
  try {
    return new FlowIndent().read(text, (moved) => loadAll(moved, READING));
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const { mark } = error;
    const where = mark === undefined ? file : `${file}:${mark.line + 1}:${mark.column + 1}`;
    throw new PlatformTerminalError(`${where}: not valid YAML: ${error.reason}; correct the chart`);
  }
}

/** Helm takes a List apart when it applies it; helm-service 0.18 overlooked what is in one. */
function itemsOf(object: JsonObject): JsonObject[] {
  const isList = object.apiVersion === 'v1' && object.kind === 'List' && Array.isArray(object.items);
  return isList ? objectsAt(object, 'items').flatMap(itemsOf) : [object];
}

/** The schema constructs nothing but JSON values, so that a mapping is a JSON object. */
function isMapping(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
