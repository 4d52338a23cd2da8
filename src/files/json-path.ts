import { isJsonObject, type Json } from '../sequence/json.ts';

/** The parts of a path: keys of objects and places in lists. */
export type JsonPath = readonly (string | number)[];

const STEP = /\.([\p{L}\p{N}_-]+)|\[(?:'([^']*)'|"([^"]*)"|(\d+))\]/guy;

/**
 * Parses the part of JSONPath that names one value: `$.data.test.strategy`, `$.data['a b'].list[0]`.
 * Undefined for wildcards, filters and anything else.
 */
export function parseJsonPath(text: string): JsonPath | undefined {
  if (!text.startsWith('$')) return undefined;
  const rest = text.slice(1);
  const steps = [...rest.matchAll(STEP)];
  if (steps.reduce((length, step) => length + step[0].length, 0) !== rest.length) return undefined;
  return steps.map((step) =>
    step[4] === undefined ? (step[1] ?? step[2] ?? step[3] ?? '') : Number(step[4]),
  );
}

/** The value at a path; undefined when there is none. */
export function valueAtPath(root: Json, path: JsonPath): Json | undefined {
  let value: Json | undefined = root;
  for (const step of path) {
    if (Array.isArray(value) && typeof step === 'number') value = value[step];
    else if (isJsonObject(value) && Object.hasOwn(value, String(step))) value = value[String(step)];
    else return undefined;
  }
  return value;
}
