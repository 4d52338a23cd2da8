import type { Json, JsonObject } from '../../../contracts/json.ts';
import { isJsonObject } from '../../../contracts/json.ts';
import type { FieldChange, ObjectChange } from '../../../contracts/preview.ts';
import { objectName } from './objects.ts';

const HIDDEN = '(secret)';
const MAX_TEXT = 200;
const MAX_FIELDS = 40;
/** Names of variables and settings whose values are not shown wherever they stand. */
const SENSITIVE = /pass(word|wd)?|token|secret|credential|api[-_]?key|private[-_]?key/i;

/** What belongs to one release before and after a step. */
export interface Comparison {
  release: string;
  step: ObjectChange['step'];
  before: readonly JsonObject[];
  after: readonly JsonObject[];
}

/** Objects that a step creates, changes or removes, with the fields that change; values of secrets are never told. */
export function compareObjects({ release, step, before, after }: Comparison): ObjectChange[] {
  const earlier = byName(before);
  const later = byName(after);
  const change = (
    action: ObjectChange['action'],
    object: JsonObject,
    fields: FieldChange[] = [],
  ): ObjectChange => ({
    action,
    kind: String(object.kind),
    name: objectName(object),
    release,
    step,
    fields,
  });
  const created = [...later].flatMap(([name, object]) =>
    earlier.has(name) ? [] : [change('create', object)],
  );
  const changed = [...later].flatMap(([name, object]) => {
    const fields = changedFields(earlier.get(name), object);
    return fields.length === 0 ? [] : [change('change', object, fields)];
  });
  const removed = [...earlier].flatMap(([name, object]) =>
    later.has(name) ? [] : [change('remove', object)],
  );
  return [...created, ...changed, ...removed];
}

function byName(objects: readonly JsonObject[]): Map<string, JsonObject> {
  return new Map(objects.map((object) => [`${String(object.kind)} ${objectName(object)}`, object]));
}

function changedFields(before: JsonObject | undefined, after: JsonObject): FieldChange[] {
  if (before === undefined) return [];
  const secret = after.kind === 'Secret' || before.kind === 'Secret';
  const fields = [...differences(before, after, '')].map(({ path, from, to }) => {
    const hidden = (secret && /^(data|stringData)\b/.test(path)) || SENSITIVE.test(path);
    return {
      path,
      ...(from === undefined ? {} : { before: hidden ? HIDDEN : told(from) }),
      ...(to === undefined ? {} : { after: hidden ? HIDDEN : told(to) }),
    };
  });
  if (fields.length <= MAX_FIELDS) return fields;
  return [...fields.slice(0, MAX_FIELDS), { path: `and ${fields.length - MAX_FIELDS} more fields` }];
}

interface Difference {
  path: string;
  from: Json | undefined;
  to: Json | undefined;
}

function* differences(from: Json | undefined, to: Json | undefined, path: string): Generator<Difference> {
  const [left, right] = [children(from), children(to)];
  if (left === undefined || right === undefined) {
    if (JSON.stringify(from) !== JSON.stringify(to)) yield* leaves({ path, from, to });
    return;
  }
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    yield* differences(left.get(key), right.get(key), `${path}${key}`.replace(/^\./, ''));
  }
}

/** A field that comes or goes with everything below it is told leaf by leaf, so that no secret hides inside a bigger value. */
function* leaves({ path, from, to }: Difference): Generator<Difference> {
  const inside = children(from ?? to);
  if ((from !== undefined && to !== undefined) || inside === undefined || inside.size === 0) {
    yield { path, from, to };
    return;
  }
  for (const [key, value] of inside) {
    const below = `${path}${key}`;
    yield* leaves(from === undefined ? { path: below, from, to: value } : { path: below, from: value, to });
  }
}

/** Fields of an object as `.name`, of a list as `[name]` where its entries have names, else `[index]`; undefined for a plain value. */
function children(value: Json | undefined): Map<string, Json> | undefined {
  if (Array.isArray(value)) {
    const names = value.map((entry, index) =>
      isJsonObject(entry) && typeof entry.name === 'string' ? entry.name : String(index),
    );
    const unique = new Set(names).size === names.length;
    return new Map(value.map((entry, index) => [`[${unique ? names[index] : index}]`, entry]));
  }
  if (!isJsonObject(value)) return undefined;
  return new Map(
    Object.entries(value).flatMap(([key, entry]) => (entry === undefined ? [] : [[`.${key}`, entry]])),
  );
}

function told(value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}
