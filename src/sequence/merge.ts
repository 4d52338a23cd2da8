import { isJsonObject, type Json, type JsonObject } from './json.ts';
import type { PayloadNumbers } from './types.ts';

/** Setting `__proto__` would change the prototype instead of storing a key, so such a key is dropped. */
const PROTOTYPE_KEY = '__proto__';

/**
 * Merges a newer JSON value `b` into an older one `a` and returns a fresh copy; neither argument is changed.
 *
 * Keptn 1.4.5 `Merge`: objects merge key by key; of two lists b's items come first, then a's; a newer string
 * wins and a null empties it; a null is replaced; another kind of value replaces an object, list or string.
 * A number or boolean keeps its OLD value, whatever b holds, unless `numbers` is `newest`.
 */
export function mergeJson(a: Json, b: Json, numbers: PayloadNumbers = 'keptn'): Json {
  if (a === null) return copyJson(b);
  if (typeof a === 'number' || typeof a === 'boolean') {
    return numbers === 'newest' && b !== null ? copyJson(b) : a;
  }
  if (b === null) return typeof a === 'string' ? '' : copyJson(a);
  if (Array.isArray(a)) return Array.isArray(b) ? [...b.map(copyJson), ...a.map(copyJson)] : copyJson(b);
  if (isJsonObject(a)) return isJsonObject(b) ? mergeObjects(a, b, numbers) : copyJson(b);
  return copyJson(b);
}

/** The same as {@link mergeJson} for two objects. */
export function mergeObjects(a: JsonObject, b: JsonObject, numbers: PayloadNumbers = 'keptn'): JsonObject {
  const merged = copyObject(a);
  for (const [key, newer] of Object.entries(b)) {
    if (key === PROTOTYPE_KEY) continue;
    const older = Object.hasOwn(a, key) ? a[key] : undefined;
    merged[key] = older === undefined ? copyJson(newer) : mergeJson(older, newer, numbers);
  }
  return merged;
}

/** A deep copy of a JSON value, without `__proto__` keys. */
export function copyJson(value: Json): Json {
  if (Array.isArray(value)) return value.map(copyJson);
  return isJsonObject(value) ? copyObject(value) : value;
}

/** A deep copy of a JSON object, without `__proto__` keys. */
export function copyObject(object: JsonObject): JsonObject {
  const copy: JsonObject = {};
  for (const [key, value] of Object.entries(object)) {
    if (key !== PROTOTYPE_KEY) copy[key] = copyJson(value);
  }
  return copy;
}
