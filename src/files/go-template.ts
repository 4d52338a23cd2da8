import { isJsonObject, type Json, type JsonObject } from '../sequence/json.ts';
import { TemplateError } from './go-template-error.ts';
import { FUNCTIONS, isTrue, itemsOf, print } from './go-template-functions.ts';
import { parseTemplate, type TemplateNode } from './go-template-parse.ts';
import type { Operand } from './go-template-pipeline.ts';

export { TemplateError } from './go-template-error.ts';

/** Characters that one rendered text may have. */
const MAX_RENDERED = 1024 * 1024;

/** The dot of an action, and the variables around it; `$` is the whole data. */
interface Scope {
  dot: Json;
  variables: Map<string, Json>;
  around?: Scope;
}

/**
 * Renders a Go template over data as Keptn's webhook-service did (missingkey=error).
 * Throws TemplateError for a broken template, an unsupported function, or a value that is not there.
 */
export function renderTemplate(source: string, data: JsonObject): string {
  return render(parseTemplate(source), { dot: data, variables: new Map([['', data]]) });
}

function render(nodes: readonly TemplateNode[], scope: Scope): string {
  let text = '';
  for (const node of nodes) {
    text += renderNode(node, scope);
    if (text.length > MAX_RENDERED) throw new TemplateError(`template: more than ${MAX_RENDERED} characters`);
  }
  return text;
}

function renderNode(node: TemplateNode, scope: Scope): string {
  if (node.kind === 'text') return node.text;
  const value = evaluate(node.operand, scope);
  switch (node.kind) {
    case 'value':
      return print(value);
    case 'set':
      holderOf(node.name, node.declares ? scope : undefined, scope).variables.set(node.name, value);
      return '';
    case 'if':
      return render(isTrue(value) ? node.body : node.otherwise, inner(scope, scope.dot, node.names, [value]));
    case 'with':
      return isTrue(value)
        ? render(node.body, inner(scope, value, node.names, [value]))
        : render(node.otherwise, inner(scope, scope.dot, node.names, [value]));
    case 'range': {
      const items = itemsOf(value);
      if (items.length === 0) return render(node.otherwise, inner(scope, scope.dot));
      return items
        .map(([key, item]) => {
          const filled = node.names.length === 2 ? [key, item] : [item];
          return render(node.body, inner(scope, item, node.names, filled));
        })
        .join('');
    }
  }
}

function inner(around: Scope, dot: Json, names: readonly string[] = [], values: readonly Json[] = []): Scope {
  return { dot, around, variables: new Map(names.map((name, index) => [name, values[index] ?? null])) };
}

/** The scope that a variable is set in: where it is declared. */
function holderOf(name: string, declared: Scope | undefined, scope: Scope): Scope {
  if (declared !== undefined) return declared;
  for (let at: Scope | undefined = scope; at !== undefined; at = at.around)
    if (at.variables.has(name)) return at;
  return scope;
}

function evaluate(operand: Operand, scope: Scope): Json {
  switch (operand.kind) {
    case 'literal':
      return operand.value;
    case 'path':
      return operand.keys.reduce(field, scope.dot);
    case 'fields':
      return operand.keys.reduce(field, evaluate(operand.of, scope));
    case 'variable': {
      const value = holderOf(operand.name, undefined, scope).variables.get(operand.name) ?? null;
      return operand.keys.reduce(field, value);
    }
    case 'call': {
      const call = FUNCTIONS.get(operand.name);
      if (call === undefined) throw new TemplateError(`template: no function "${operand.name}"`);
      return call(operand.operands.map((item) => evaluate(item, scope)));
    }
  }
}

function field(value: Json, key: string): Json {
  if (isJsonObject(value) && Object.hasOwn(value, key)) return value[key] ?? null;
  throw new TemplateError(`template: the event has no value at "${key}"`);
}
