import type { Json, JsonObject } from '../../../contracts/json.ts';
import { isJsonObject } from '../../../contracts/json.ts';

/** Nested object under the keys; undefined when one of them is missing or no object. */
export function objectAt(object: JsonObject | undefined, ...keys: string[]): JsonObject | undefined {
  let current: Json | undefined = object;
  for (const key of keys) current = isJsonObject(current) ? current[key] : undefined;
  return isJsonObject(current) ? current : undefined;
}

/** Objects of the list under the last key; empty when it is missing or no list. */
export function objectsAt(object: JsonObject | undefined, ...keys: string[]): JsonObject[] {
  const last = keys.at(-1) ?? '';
  const list = objectAt(object, ...keys.slice(0, -1))?.[last];
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

/** Entries of a string map such as labels or a selector; other values are left out. */
export function stringsAt(object: JsonObject | undefined, ...keys: string[]): { [key: string]: string } {
  const entries = Object.entries(objectAt(object, ...keys) ?? {});
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** `metadata.name`; empty when the object has none. */
export function objectName(object: JsonObject): string {
  const name = objectAt(object, 'metadata')?.name;
  return typeof name === 'string' ? name : '';
}

/** True for an object of the kind in the API group, whatever the version. */
export function isKind(object: JsonObject, group: string, kind: string): boolean {
  const version = object.apiVersion;
  if (object.kind !== kind || typeof version !== 'string') return false;
  return group === '' ? !version.includes('/') : version.startsWith(`${group}/`);
}

/** The same value with every string in it replaced; nothing is changed in place. */
export function mapStrings<T extends Json | undefined>(value: T, change: (text: string) => string): T;
export function mapStrings(value: Json | undefined, change: (text: string) => string): Json | undefined {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (!isJsonObject(value)) return value;
  const mapped: JsonObject = {};
  for (const [key, item] of Object.entries(value)) mapped[key] = mapStrings(item, change);
  return mapped;
}

/** `metadata` for a copy of the object: without what ties it to its namespace and its life in the cluster. */
export function cleanMetadata(object: JsonObject): JsonObject {
  const {
    namespace: _namespace,
    resourceVersion: _version,
    uid: _uid,
    ...metadata
  } = objectAt(object, 'metadata') ?? {};
  return metadata;
}
