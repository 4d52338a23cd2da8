import type { Json, JsonObject } from '../../sequence/json.ts';
import { MAX_JSON_DEPTH } from '../../sequence/json.ts';
import type { DocumentPath } from '../problem.ts';

/** A place in a value that JSON cannot hold. */
export interface JsonProblem {
  path: DocumentPath;
  message: string;
}

/** Copies a parsed YAML mapping as JSON; what JSON cannot hold is reported and left out. */
export function readJsonObject(
  mapping: object,
  path: DocumentPath,
): { value: JsonObject; problems: JsonProblem[] } {
  const problems: JsonProblem[] = [];
  return { value: readMapping(mapping, path, problems), problems };
}

function readMapping(mapping: object, path: DocumentPath, problems: JsonProblem[]): JsonObject {
  const read: JsonObject = {};
  for (const [key, value] of Object.entries(mapping)) {
    if (key === '__proto__') problems.push({ path: [...path, key], message: 'this key is not allowed' });
    else read[key] = readValue(value, [...path, key], problems);
  }
  return read;
}

function readValue(value: unknown, path: DocumentPath, problems: JsonProblem[]): Json {
  if (path.length > MAX_JSON_DEPTH) {
    problems.push({ path, message: `nested deeper than ${MAX_JSON_DEPTH} levels` });
    return null;
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map((item, index) => readValue(item, [...path, index], problems));
  if (typeof value === 'object') return readMapping(value, path, problems);
  problems.push({ path, message: `${String(value)} cannot be sent as JSON` });
  return null;
}
