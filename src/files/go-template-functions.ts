import { formatGoFloat } from '../gate/number-format.ts';
import { isJsonObject, type Json } from '../sequence/json.ts';
import { TemplateError } from './go-template-error.ts';

type TemplateFunction = (values: Json[]) => Json;

/** Go's built-in template functions by name, as far as events can need them. */
export const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ['index', ([first = null, ...keys]) => keys.reduce<Json>(indexed, first)],
  ['eq', ([first, ...others]) => others.some((other) => other === first)],
  ['ne', ([first, other]) => first !== other],
  ['lt', (values) => compare(values) < 0],
  ['le', (values) => compare(values) <= 0],
  ['gt', (values) => compare(values) > 0],
  ['ge', (values) => compare(values) >= 0],
  ['not', ([value = null]) => !isTrue(value)],
  ['and', (values) => values.find((value) => !isTrue(value)) ?? values.at(-1) ?? null],
  ['or', (values) => values.find(isTrue) ?? values.at(-1) ?? null],
  ['len', ([value = null]) => lengthOf(value)],
  ['print', (values) => values.map(print).join('')],
  ['printf', ([format = '', ...values]) => printf(print(format), values)],
  ['urlquery', (values) => encodeURIComponent(values.map(print).join('')).replaceAll('%20', '+')],
  ['js', (values) => JSON.stringify(values.map(print).join('')).slice(1, -1)],
]);

/** Go's idea of truth: everything but the empty value of each kind. */
export function isTrue(value: Json): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isJsonObject(value)) return Object.keys(value).length > 0;
  return value !== null && value !== false && value !== 0 && value !== '';
}

/** What `range` goes through, with its keys: a list, or a mapping in the order of its keys. Throws TemplateError for anything else. */
export function itemsOf(value: Json): [string | number, Json][] {
  if (Array.isArray(value)) return value.map((item, index) => [index, item]);
  if (isJsonObject(value))
    return Object.keys(value)
      .sort()
      .map((key) => [key, value[key] ?? null]);
  if (value === null) return [];
  throw new TemplateError(`template: range cannot iterate over ${describe(value)}`);
}

/** A value as Go's `%v` writes it. */
export function print(value: Json): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return formatGoFloat(value);
  if (value === null) return '<no value>';
  if (Array.isArray(value)) return `[${value.map(print).join(' ')}]`;
  if (typeof value === 'boolean') return String(value);
  const entries = Object.keys(value).sort();
  return `map[${entries.map((key) => `${key}:${print(value[key] ?? null)}`).join(' ')}]`;
}

function indexed(value: Json, key: Json): Json {
  if (typeof key === 'string' && isJsonObject(value))
    return Object.hasOwn(value, key) ? (value[key] ?? null) : null;
  if (typeof key === 'number' && Array.isArray(value) && key >= 0 && key < value.length)
    return value[key] ?? null;
  throw new TemplateError(`template: cannot take index ${print(key)} of ${describe(value)}`);
}

function compare([left = null, right = null]: Json[]): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  throw new TemplateError(`template: cannot compare ${describe(left)} with ${describe(right)}`);
}

function lengthOf(value: Json): number {
  if (typeof value === 'string') return new TextEncoder().encode(value).length;
  return itemsOf(value).length;
}

function printf(format: string, values: Json[]): string {
  let next = 0;
  return format.replaceAll(/%(.)/g, (_all, verb: string) => {
    if (verb === '%') return '%';
    const value = values[next++] ?? null;
    if (verb === 'q') return JSON.stringify(print(value));
    if (verb === 'd' && typeof value === 'number') return String(Math.trunc(value));
    if (verb === 's' || verb === 'v') return print(value);
    throw new TemplateError(`template: printf with %${verb} is not supported; use %s, %v, %d or %q`);
  });
}

function describe(value: Json): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
