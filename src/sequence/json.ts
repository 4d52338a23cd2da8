/** A JSON value, as it travels in the `data` of an event. */
export type Json = null | boolean | number | string | Json[] | JsonObject;

/** A JSON object; a key may be absent but never holds `undefined`. */
export type JsonObject = { [key: string]: Json };

/** True for a JSON object: not null and not a list. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text behind a key, or '' when the key is absent or holds another kind of value. */
export function textAt(object: JsonObject, key: string): string {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return typeof value === 'string' ? value : '';
}

/** Levels of nesting above which the data of an event is refused: far more than any real payload has. */
export const MAX_JSON_DEPTH = 100;

/** True when the value nests deeper than `limit` levels; walks without recursion, so hostile input cannot overflow the stack. */
export function nestsDeeperThan(value: Json, limit: number = MAX_JSON_DEPTH): boolean {
  let level: Json[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    const next: Json[] = [];
    for (const item of level) {
      if (typeof item === 'object' && item !== null) {
        for (const child of Object.values(item)) {
          if (typeof child === 'object' && child !== null) next.push(child);
        }
      }
    }
    level = next;
  }
  return false;
}

/** The value behind a key in any case, an exact match first: Keptn's Go services read JSON keys without regard to case. */
export function fieldInAnyCase(value: Json | undefined, key: string): Json | undefined {
  if (!isJsonObject(value)) return undefined;
  if (Object.hasOwn(value, key)) return value[key];
  const wanted = key.toLowerCase();
  const spelled = Object.keys(value).find((name) => name.toLowerCase() === wanted);
  return spelled === undefined ? undefined : value[spelled];
}
