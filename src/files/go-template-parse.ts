import { TemplateError } from './go-template-error.ts';
import { type Operand, parsePipeline, splitDeclaration } from './go-template-pipeline.ts';

/** A block that an action opens: its pipeline, the variables that it fills, and what it renders. */
interface Block {
  operand: Operand;
  /** Names of `$key, $value :=` or `$value :=`, without their `$`. */
  names: string[];
  body: TemplateNode[];
  otherwise: TemplateNode[];
}

/** A part of a parsed template. */
export type TemplateNode =
  | { kind: 'text'; text: string }
  | { kind: 'value'; operand: Operand }
  | { kind: 'set'; name: string; declares: boolean; operand: Operand }
  | ({ kind: 'if' | 'with' | 'range' } & Block);

const ACTION = /\{\{(- )?((?:"(?:[^"\\\n]|\\.)*"|`[^`]*`|[^"`])*?)( -)?\}\}/gs;
const KEYWORDS = /^(if|else|end|range|with|define|template|block|break|continue)\b/;

/**
 * Parses the part of Go's text/template that webhooks use: fields, variables, literals, pipes, function calls, if, else, with
 * and range. Throws TemplateError for anything else, naming it.
 */
export function parseTemplate(source: string): TemplateNode[] {
  const parser = new BlockParser(splitActions(source));
  const nodes = parser.block();
  if (parser.ended !== '')
    throw new TemplateError(`template: {{${parser.ended}}} has no {{if}}, {{with}} or {{range}}`);
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

/** Levels of nested blocks above which a template is refused. */
const MAX_DEPTH = 50;

class BlockParser {
  /** The action that ended the last block: `end`, `else…`, or '' at the end of the text. */
  ended = '';
  readonly #pieces: readonly Piece[];
  #next = 0;
  #depth = 0;
  /** Names that are known here; a block sees those around it. */
  #variables = new Set<string>();

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
    if (keyword === 'if' || keyword === 'with' || keyword === 'range')
      return { kind: keyword, ...this.#opened(text.slice(keyword.length), keyword === 'range') };
    if (keyword !== undefined) {
      throw new TemplateError(
        `template: {{${keyword}}} is not supported; use fields, index, if, else, with and range`,
      );
    }
    const { names, declares, pipeline } = splitDeclaration(text);
    const operand = parsePipeline(pipeline, this.#variables);
    const [name, second] = names;
    if (name === undefined) return { kind: 'value', operand };
    if (second !== undefined || !(declares || this.#variables.has(name)))
      throw new TemplateError(`template: cannot set a variable in {{${text}}}`);
    this.#variables.add(name);
    return { kind: 'set', name, declares, operand };
  }

  #opened(text: string, isRange: boolean): Block {
    const around = this.#variables;
    const { names, declares, pipeline } = splitDeclaration(text);
    if (names.length > (isRange ? 2 : 1) || (names.length > 0 && !declares))
      throw new TemplateError(`template: cannot set variables in {{${text.trim()}}}`);
    const operand = parsePipeline(pipeline, around);
    this.#variables = new Set([...around, ...names]);
    const block = { operand, names, body: this.#nested(), otherwise: this.#otherwise() };
    this.#variables = around;
    return block;
  }

  #nested(): TemplateNode[] {
    if (++this.#depth > MAX_DEPTH) throw new TemplateError(`template: more than ${MAX_DEPTH} nested blocks`);
    const around = this.#variables;
    this.#variables = new Set(around);
    const nodes = this.block();
    this.#variables = around;
    this.#depth--;
    if (this.ended === '') throw new TemplateError('template: {{if}}, {{with}} or {{range}} has no {{end}}');
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
