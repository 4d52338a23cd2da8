import type { JsonObject } from '../../../contracts/json.ts';
import { objectName } from './objects.ts';

/** Objects of a release that a deployment would create, change or remove, as `<kind> <name>`. */
export interface Preview {
  added: string[];
  changed: string[];
  removed: string[];
}

/** Compares the objects that a chart renders with those of the release as it is. */
export function comparePreview(current: readonly JsonObject[], wanted: readonly JsonObject[]): Preview {
  const before = byName(current);
  const after = byName(wanted);
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    changed: [...after]
      .filter(([name, text]) => before.has(name) && before.get(name) !== text)
      .map(([name]) => name),
    removed: [...before.keys()].filter((name) => !after.has(name)),
  };
}

function byName(objects: readonly JsonObject[]): Map<string, string> {
  return new Map(
    objects.map((object) => [`${String(object.kind)} ${objectName(object)}`, JSON.stringify(object)]),
  );
}
