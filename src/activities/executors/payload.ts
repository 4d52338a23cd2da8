import type { KeptnEvent } from '../../contracts/events.ts';
import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';
import type { FileScope } from '../config/scoped-files.ts';

/** The object behind a path of keys; an empty object when something on the way is no object. */
export function objectAt(value: Json | undefined, ...path: string[]): JsonObject {
  let current: Json | undefined = value;
  for (const key of path) {
    current = isJsonObject(current) && Object.hasOwn(current, key) ? current[key] : undefined;
  }
  return isJsonObject(current) ? current : {};
}

/** The text behind a key; '' when the key is absent or holds something else. */
export function textAt(object: JsonObject, key: string): string {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return typeof value === 'string' ? value : '';
}

/** The texts of a list; anything else in it is left out. */
export function textsAt(object: JsonObject, key: string): string[] {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** An object's text values; others are left out. */
export function textMap(object: JsonObject | undefined): { [key: string]: string } {
  const entries = Object.entries(object ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}

/** Where the files of an event's service lie, at the event's commit. */
export function fileScope({ data, gitcommitid }: KeptnEvent): FileScope {
  return { project: data.project, stage: data.stage, service: data.service, commit: gitcommitid };
}
