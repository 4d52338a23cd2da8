import type { Json, JsonObject } from '../../../contracts/json.ts';
import { isJsonObject } from '../../../contracts/json.ts';

/** Keys that would reach into JavaScript's own objects. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Merges `configurationChange.values` into a chart's values (helm-service 0.18): new scalars win, objects merge, a list at the
 * top level is replaced, a nested list becomes the new items followed by the old ones. Neither argument is changed.
 */
export function mergeValues(current: JsonObject, change: JsonObject): JsonObject {
  return mergeObjects(current, change, true);
}

function mergeObjects(current: JsonObject, change: JsonObject, top: boolean): JsonObject {
  const merged: JsonObject = { ...current };
  for (const [key, value] of Object.entries(change)) {
    if (value === undefined || FORBIDDEN.has(key)) continue;
    merged[key] = mergeValue(Object.hasOwn(current, key) ? current[key] : undefined, value, top);
  }
  return merged;
}

function mergeValue(current: Json | undefined, change: Json, top: boolean): Json {
  if (isJsonObject(current) && isJsonObject(change)) return mergeObjects(current, change, false);
  if (Array.isArray(current) && Array.isArray(change) && !top) return [...change, ...current];
  return change;
}
