import { TemplateError } from './go-template-error.ts';
import { FUNCTIONS } from './go-template-functions.ts';

/** A value inside an action: a path below the dot, a variable or another value, a literal, or a function call. */
export type Operand =
  | { kind: 'path'; keys: string[] }
  | { kind: 'variable'; name: string; keys: string[] }
  | { kind: 'fields'; of: Operand; keys: string[] }
  | { kind: 'literal'; value: string | number | boolean }
  | { kind: 'call'; name: string; operands: Operand[] };

/** Variables that an action names in front of its pipeline: none, one, or the key and the value of a range. */
export interface Declaration {
  names: string[];
  /** True for `:=`, false for `=`, which changes a variable that is there. */
  declares: boolean;
  pipeline: string;
}

const TOKEN = /\s*("(?:[^"\\\n]|\\.)*"|`[^`]*`|\)(?:\.[\p{L}_][\p{L}\p{N}_]*)*|[(|]|[^\s()|"`]+)/guy;
const FIELDS = /^(\.[\p{L}_][\p{L}\p{N}_]*)+$/u;
const VARIABLE = /^\$([\p{L}\p{N}_]*)((?:\.[\p{L}_][\p{L}\p{N}_]*)*)$/u;
const ASSIGNMENT = /^\s*\$([\p{L}\p{N}_]+)\s*(?:,\s*\$([\p{L}\p{N}_]+)\s*)?(:?=)\s*/u;

/** Takes `$a :=`, `$a =` or `$key, $value :=` off the front of an action. */
export function splitDeclaration(text: string): Declaration {
  const found = ASSIGNMENT.exec(text);
  if (found === null) return { names: [], declares: false, pipeline: text };
  const [all, first = '', second, sign] = found;
  return {
    names: second === undefined ? [first] : [first, second],
    declares: sign === ':=',
    pipeline: text.slice(all.length),
  };
}

/**
 * Parses `a b | f "x"`: the value of each stage becomes the last operand of the next. `variables` are the names that are
 * known here, without their `$`. Throws TemplateError.
 */
export function parsePipeline(text: string, variables: ReadonlySet<string>): Operand {
  const tokens = tokenize(text);
  const stages: Operand[][] = [[]];
  let position = 0;
  const group = (): Operand => {
    const start = position;
    let open = 1;
    let end = '';
    while (open > 0) {
      const token = tokens[position++];
      if (token === undefined) throw new TemplateError(`template: "(" is never closed in {{${text.trim()}}}`);
      if (token === '(') open++;
      else if (token.startsWith(')')) {
        open--;
        end = token;
      }
    }
    const inner = parsePipeline(tokens.slice(start, position - 1).join(' '), variables);
    return end === ')' ? inner : { kind: 'fields', of: inner, keys: end.slice(2).split('.') };
  };
  while (position < tokens.length) {
    const token = tokens[position++] ?? '';
    if (token === '|') stages.push([]);
    else stages.at(-1)?.push(token === '(' ? group() : operand(token, variables));
  }
  let value: Operand | undefined;
  for (const stage of stages) value = applied(stage, value, text);
  if (value === undefined) throw new TemplateError('template: an action {{}} is empty');
  return value;
}

function tokenize(text: string): string[] {
  const matches = [...text.matchAll(TOKEN)];
  const read = matches.reduce((length, match) => length + match[0].length, 0);
  if (text.slice(read).trim() !== '') throw new TemplateError(`template: cannot read {{${text.trim()}}}`);
  return matches.map((match) => match[1] ?? '');
}

function operand(token: string, variables: ReadonlySet<string>): Operand {
  if (token === '.') return { kind: 'path', keys: [] };
  if (FIELDS.test(token)) return { kind: 'path', keys: token.slice(1).split('.') };
  if (token.startsWith('`')) return { kind: 'literal', value: token.slice(1, -1) };
  if (token.startsWith('"')) return { kind: 'literal', value: unquote(token) };
  if (token === 'true' || token === 'false') return { kind: 'literal', value: token === 'true' };
  if (/^-?\d+(\.\d+)?$/.test(token)) return { kind: 'literal', value: Number(token) };
  if (/^[a-z]+$/i.test(token)) return call(token);
  const [, name, fields = ''] = VARIABLE.exec(token) ?? [];
  if (name !== undefined) {
    if (name !== '' && !variables.has(name))
      throw new TemplateError(`template: the variable "$${name}" is not defined`);
    return { kind: 'variable', name, keys: fields === '' ? [] : fields.slice(1).split('.') };
  }
  const hint = token.startsWith('.')
    ? '; read keys with other characters by index, as in {{index .data "a-b"}}'
    : '';
  throw new TemplateError(`template: cannot read "${token}"${hint}`);
}

function call(name: string): Operand {
  if (FUNCTIONS.has(name)) return { kind: 'call', name, operands: [] };
  const known = [...FUNCTIONS.keys()].join(', ');
  throw new TemplateError(
    `template: the function "${name}" is not supported; use ${known}, or write .${name} for a value of the event`,
  );
}

function unquote(token: string): string {
  try {
    return JSON.parse(token) as string;
  } catch {
    throw new TemplateError(`template: the text ${token} has an escape that is not supported`);
  }
}

function applied(stage: Operand[], piped: Operand | undefined, text: string): Operand {
  const [first, ...rest] = stage;
  if (first === undefined) throw new TemplateError(`template: a value is missing in {{${text.trim()}}}`);
  if (first.kind === 'call' && first.operands.length === 0) {
    return { ...first, operands: piped === undefined ? rest : [...rest, piped] };
  }
  if (rest.length > 0 || piped !== undefined) {
    throw new TemplateError(`template: a value cannot be called with arguments in {{${text.trim()}}}`);
  }
  return first;
}
