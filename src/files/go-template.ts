import { formatGoFloat } from '../gate/number-format.ts';
import { isJsonObject, type Json, type JsonObject } from '../sequence/json.ts';
import { type Operand, parseTemplate, TemplateError, type TemplateNode } from './go-template-parse.ts';

export { TemplateError } from './go-template-parse.ts';

/** Characters that one rendered text may have. */
const MAX_RENDERED = 1024 * 1024;

/**
 * Renders a Go template over data as Keptn's webhook-service did (missingkey=error).
 * Throws TemplateError for a broken template, an unsupported function, or a value that is not there.
 */
export function renderTemplate(source: string, data: JsonObject): string {
  return render(parseTemplate(source), data);
}

function render(nodes: readonly TemplateNode[], dot: Json): string {
  let text = '';
  for (const node of nodes) {
    text += renderNode(node, dot);
    if (text.length > MAX_RENDERED) throw new TemplateError(`template: more than ${MAX_RENDERED} characters`);
  }
  return text;
}

function renderNode(node: TemplateNode, dot: Json): string {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'value':
      return print(evaluate(node.operand, dot));
    case 'if':
      return render(isTrue(evaluate(node.condition, dot)) ? node.body : node.otherwise, dot);
    case 'range': {
      const items = itemsOf(evaluate(node.list, dot));
      if (items.length === 0) return render(node.otherwise, dot);
      return items.map((item) => render(node.body, item)).join('');
    }
  }
}

function evaluate(operand: Operand, dot: Json): Json {
  switch (operand.kind) {
    case 'literal':
      return operand.value;
    case 'path':
      return operand.keys.reduce(field, dot);
    case 'call': {
      const call = FUNCTIONS.get(operand.name);
      if (call === undefined) {
        throw new TemplateError(
          `template: the function "${operand.name}" is not supported; use ${[...FUNCTIONS.keys()].join(', ')}`,
        );
      }
      return call(operand.operands.map((item) => evaluate(item, dot)));
    }
  }
}

type TemplateFunction = (values: Json[]) => Json;

const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ['index', ([first = null, ...keys]) => keys.reduce<Json>(indexed, first)],
  ['eq', ([first, ...others]) => others.some((other) => other === first)],
  ['ne', ([first, other]) => first !== other],
  ['not', ([value = null]) => !isTrue(value)],
  ['and', (values) => values.find((value) => !isTrue(value)) ?? values.at(-1) ?? null],
  ['or', (values) => values.find(isTrue) ?? values.at(-1) ?? null],
  ['len', ([value = null]) => lengthOf(value)],
  ['print', (values) => values.map(print).join('')],
  ['printf', ([format = '', ...values]) => printf(print(format), values)],
  ['urlquery', (values) => encodeURIComponent(values.map(print).join('')).replaceAll('%20', '+')],
  ['js', (values) => JSON.stringify(values.map(print).join('')).slice(1, -1)],
]);

function field(value: Json, key: string): Json {
  if (isJsonObject(value) && Object.hasOwn(value, key)) return value[key] ?? null;
  throw new TemplateError(`template: the event has no value at "${key}"`);
}

function indexed(value: Json, key: Json): Json {
  if (typeof key === 'string' && isJsonObject(value))
    return Object.hasOwn(value, key) ? (value[key] ?? null) : null;
  if (typeof key === 'number' && Array.isArray(value) && key >= 0 && key < value.length)
    return value[key] ?? null;
  throw new TemplateError(`template: cannot take index ${print(key)} of ${describe(value)}`);
}

function isTrue(value: Json): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isJsonObject(value)) return Object.keys(value).length > 0;
  return value !== null && value !== false && value !== 0 && value !== '';
}

function itemsOf(value: Json): Json[] {
  if (Array.isArray(value)) return value;
  if (isJsonObject(value))
    return Object.keys(value)
      .sort()
      .map((key) => value[key] ?? null);
  if (value === null) return [];
  throw new TemplateError(`template: range cannot iterate over ${describe(value)}`);
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

/** A value as Go's `%v` writes it. */
function print(value: Json): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return formatGoFloat(value);
  if (value === null) return '<no value>';
  if (Array.isArray(value)) return `[${value.map(print).join(' ')}]`;
  if (typeof value === 'boolean') return String(value);
  const entries = Object.keys(value).sort();
  return `map[${entries.map((key) => `${key}:${print(value[key] ?? null)}`).join(' ')}]`;
}

function describe(value: Json): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
