/** A value inside an action: a path below the dot, a literal, or a function call. */
export type Operand =
  | { kind: 'path'; keys: string[] }
  | { kind: 'literal'; value: string | number | boolean }
  | { kind: 'call'; name: string; operands: Operand[] };

/** A part of a parsed template. */
export type TemplateNode =
  | { kind: 'text'; text: string }
  | { kind: 'value'; operand: Operand }
  | { kind: 'if'; condition: Operand; body: TemplateNode[]; otherwise: TemplateNode[] }
  | { kind: 'range'; list: Operand; body: TemplateNode[]; otherwise: TemplateNode[] };

/** The template is broken, uses what is not supported, or asks for a value that is not there. */
export class TemplateError extends Error {
  override readonly name = 'TemplateTerminalError';
}

const ACTION = /\{\{(- )?((?:"(?:[^"\\\n]|\\.)*"|`[^`]*`|[^"`])*?)( -)?\}\}/gs;
const TOKEN = /\s*("(?:[^"\\\n]|\\.)*"|`[^`]*`|[()|]|[^\s()|"`]+)/gy;
const KEYWORDS = /^(if|else|end|range|with|define|template|block|break|continue)\b/;

/**
 * Parses the part of Go's text/template that webhooks use: fields, literals, pipes, function calls, if, else and range.
 * Throws TemplateError for anything else, naming it.
 */
export function parseTemplate(source: string): TemplateNode[] {
  const parser = new BlockParser(splitActions(source));
  const nodes = parser.block();
  if (parser.ended !== '')
    throw new TemplateError(`template: {{${parser.ended}}} has no {{if}} or {{range}}`);
  return nodes;
}

interface Piece {
  action: boolean;
  text: string;
}

function splitActions(source: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  let trimNext = false;
  for (const match of source.matchAll(ACTION)) {
    const between = source.slice(end, match.index);
    const left = trimNext ? between.trimStart() : between;
    pieces.push({ action: false, text: match[1] === undefined ? left : left.trimEnd() });
    pieces.push({ action: true, text: (match[2] ?? '').trim() });
    end = match.index + match[0].length;
    trimNext = match[3] !== undefined;
  }
  const rest = source.slice(end);
  if (rest.includes('{{')) throw new TemplateError('template: an action {{ is never closed with }}');
  pieces.push({ action: false, text: trimNext ? rest.trimStart() : rest });
  return pieces;
}

/** Levels of nested if and range above which a template is refused. */
const MAX_DEPTH = 50;

class BlockParser {
  /** The action that ended the last block: `end`, `else…`, or '' at the end of the text. */
  ended = '';
  readonly #pieces: readonly Piece[];
  #next = 0;
  #depth = 0;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  block(): TemplateNode[] {
    const nodes: TemplateNode[] = [];
    for (;;) {
      const piece = this.#pieces[this.#next++];
      if (piece === undefined) return this.#end(nodes, '');
      if (!piece.action) {
        if (piece.text !== '') nodes.push({ kind: 'text', text: piece.text });
      } else if (piece.text === 'end' || /^else\b/.test(piece.text)) {
        return this.#end(nodes, piece.text);
      } else if (!piece.text.startsWith('/*')) nodes.push(this.#action(piece.text));
    }
  }

  #end(nodes: TemplateNode[], by: string): TemplateNode[] {
    this.ended = by;
    return nodes;
  }

  #action(text: string): TemplateNode {
    const keyword = KEYWORDS.exec(text)?.[1];
    if (keyword === undefined) return { kind: 'value', operand: parsePipeline(text) };
    const operand = parsePipeline(text.slice(keyword.length));
    if (keyword === 'if') {
      return { kind: 'if', condition: operand, body: this.#nested(), otherwise: this.#otherwise() };
    }
    if (keyword === 'range') {
      return { kind: 'range', list: operand, body: this.#nested(), otherwise: this.#otherwise() };
    }
    throw new TemplateError(
      `template: {{${keyword}}} is not supported; use fields, index, if, else and range`,
    );
  }

  #nested(): TemplateNode[] {
    if (++this.#depth > MAX_DEPTH) throw new TemplateError(`template: more than ${MAX_DEPTH} nested blocks`);
    const nodes = this.block();
    this.#depth--;
    if (this.ended === '') throw new TemplateError('template: {{if}} or {{range}} has no {{end}}');
    return nodes;
  }

  #otherwise(): TemplateNode[] {
    const ended = this.ended;
    if (ended === 'end') return [];
    if (ended === 'else') {
      const nodes = this.#nested();
      if (this.ended !== 'end') throw new TemplateError('template: two {{else}} in one block');
      return nodes;
    }
    return [this.#action(ended.replace(/^else\s+/, ''))];
  }
}

/** Parses `a b | f "x"`: the value of each stage becomes the last operand of the next. */
function parsePipeline(text: string): Operand {
  const tokens = tokenize(text);
  const stages: Operand[][] = [[]];
  let position = 0;
  const group = (): Operand => {
    const start = position;
    let open = 1;
    while (open > 0) {
      const token = tokens[position++];
      if (token === undefined) throw new TemplateError(`template: "(" is never closed in {{${text.trim()}}}`);
      if (token === '(') open++;
      if (token === ')') open--;
    }
    return parsePipeline(tokens.slice(start, position - 1).join(' '));
  };
  while (position < tokens.length) {
    const token = tokens[position++] ?? '';
    if (token === '|') stages.push([]);
    else stages.at(-1)?.push(token === '(' ? group() : operand(token));
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

function operand(token: string): Operand {
  if (token === '.') return { kind: 'path', keys: [] };
  if (/^(\.[\p{L}_][\p{L}\p{N}_]*)+$/u.test(token)) return { kind: 'path', keys: token.slice(1).split('.') };
  if (token.startsWith('`')) return { kind: 'literal', value: token.slice(1, -1) };
  if (token.startsWith('"')) return { kind: 'literal', value: unquote(token) };
  if (token === 'true' || token === 'false') return { kind: 'literal', value: token === 'true' };
  if (/^-?\d+(\.\d+)?$/.test(token)) return { kind: 'literal', value: Number(token) };
  if (/^[a-z]+$/i.test(token)) return { kind: 'call', name: token, operands: [] };
  const hint = token.startsWith('.')
    ? '; read keys with other characters by index, as in {{index .data "a-b"}}'
    : '';
  throw new TemplateError(`template: cannot read "${token}"${hint}`);
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
