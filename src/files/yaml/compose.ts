import type { Event, ScalarEvent } from 'js-yaml';
import { EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE, YAMLException } from 'js-yaml';
import type { Problem } from '../problem.ts';
import { firstDocument } from './first-document.ts';
import { FlowIndent } from './flow-indent.ts';
import type { MappingNode, YamlNode } from './node.ts';
import { resolveAlias } from './node.ts';
import { oddSpaceBefore } from './odd-space.ts';
import { LineIndex, type Position } from './position.ts';
import { findIndentingTab } from './tabs.ts';

/** Where the text came from and how much of it is accepted. */
export interface YamlOptions {
  /** Name shown in problems. */
  readonly file: string;
  /** Longest accepted text in characters. Default 5,242,880. */
  readonly maxLength?: number;
  /** Deepest accepted nesting of collections. Default 100. */
  readonly maxDepth?: number;
}

/** A composed document: its nodes, what was wrong with it, and a way back to lines and columns. */
export interface ComposedYaml {
  /** Undefined when the text holds no document at all (blank or only comments) or cannot be read. */
  readonly root: YamlNode | undefined;
  readonly problems: Problem[];
  position(offset: number): Position;
}

const DEFAULT_MAX_LENGTH = 5 * 1024 * 1024;

/** Reads the first document of a YAML text into nodes; never throws, syntax errors become problems. */
export function composeYaml(source: string, options: YamlOptions): ComposedYaml {
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source;
  let index: LineIndex | undefined;
  const indent = new FlowIndent();
  const position = (offset: number): Position => {
    index ??= new LineIndex(text);
    return index.at(indent.original(offset));
  };
  const problems: Problem[] = [];
  const report = (offset: number, message: string, hint: string): undefined => {
    problems.push({ severity: 'error', file: options.file, ...position(offset), path: '', message, hint });
  };
  const maxLength = options.maxLength ?? DEFAULT_MAX_LENGTH;
  if (text.length > maxLength) {
    report(
      0,
      `the file has ${text.length} characters, more than ${maxLength}`,
      'split it or remove what is not needed',
    );
    return { root: undefined, problems, position };
  }
  if (/^\uFFFD{1,2}/.test(text) && text.includes('\0')) {
    report(0, 'the file is not UTF-8 but probably UTF-16', 'save it as UTF-8');
    return { root: undefined, problems, position };
  }
  try {
    const maxDepth = options.maxDepth ?? 100;
    const document = indent.read(text, (moved) =>
      firstDocument(moved, (part) => parseEvents(part, { maxDepth })),
    );
    const tab = findIndentingTab(document.text, document.events);
    if (tab !== undefined) report(tab, 'a tab cannot indent a line', 'use spaces');
    const root = new Composer(document.text, document.events).compose();
    return { root, problems, position };
  } catch (error) {
    if (error instanceof YAMLException) {
      const offset = error.mark?.position ?? 0;
      const odd = oddSpaceBefore(text, position(offset).line);
      if (odd === undefined)
        report(offset, `not valid YAML: ${error.reason}`, 'check indentation, quotes and colons');
      else {
        const message = `not valid YAML: ${odd.code} stands here, which looks like a space and is none`;
        const hint = 'write ordinary spaces';
        problems.push({ severity: 'error', file: options.file, ...odd.place, path: '', message, hint });
      }
    } else if (error instanceof ComposeError) {
      report(error.offset, error.message, 'define the anchor with &name before it is used');
    } else throw error;
    return { root: undefined, problems, position };
  }
}

/** Thrown inside composeYaml when an alias names no anchor; it becomes a problem there. */
class ComposeError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

type Collection = Exclude<YamlNode, { kind: 'alias' } | { kind: 'scalar' }>;

/** Turns the flat event stream of one document into nodes; depth is bounded by the parser. */
class Composer {
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #anchors = new Map<string, Exclude<YamlNode, { kind: 'alias' }>>();
  #next = 0;
  /** End of what was read last: the place of an empty scalar, which has none of its own. */
  #cursor = 0;

  constructor(text: string, events: readonly Event[]) {
    this.#text = text;
    this.#events = events;
  }

  compose(): YamlNode | undefined {
    const first = this.#events[this.#next];
    if (first === undefined) return undefined;
    if (first.type === EVENT_ID.DOCUMENT) this.#next++;
    return this.#node();
  }

  #node(): YamlNode | undefined {
    const event = this.#events[this.#next++];
    switch (event?.type) {
      case EVENT_ID.SCALAR:
        return this.#scalar(event);
      case EVENT_ID.ALIAS:
        return this.#alias(event.anchorStart, event.anchorEnd);
      case EVENT_ID.SEQUENCE:
        return this.#fill(event, { kind: 'sequence', items: [], tag: this.#tag(event), offset: event.start });
      case EVENT_ID.MAPPING:
        return this.#fill(event, {
          kind: 'mapping',
          entries: [],
          tag: this.#tag(event),
          offset: event.start,
        });
      default:
        return undefined;
    }
  }

  #fill(event: { start: number; anchorStart: number; anchorEnd: number }, node: Collection): YamlNode {
    this.#cursor = Math.max(this.#cursor, event.start);
    this.#anchor(event, node);
    for (;;) {
      const child = this.#node();
      if (child === undefined) return node;
      if (node.kind === 'sequence') node.items.push(child);
      else this.#entry(node, child);
    }
  }

  #entry(node: MappingNode, key: YamlNode): void {
    const value = this.#node();
    if (value !== undefined) node.entries.push({ key, value });
  }

  #scalar(event: ScalarEvent): YamlNode {
    const empty = event.valueStart < 0;
    const quoteWidth =
      event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED ? 1 : 0;
    const offset = empty ? this.#cursor : event.valueStart - quoteWidth;
    if (!empty) this.#cursor = event.valueEnd + quoteWidth;
    const node: YamlNode = {
      kind: 'scalar',
      text: this.#scalarText(event),
      quoted: event.style !== SCALAR_STYLE.PLAIN,
      tag: this.#tag(event),
      offset,
    };
    this.#anchor(event, node);
    return node;
  }

  /** In a text that ends without a line break Go's yaml.v3 gives none to the block scalar at its end; js-yaml adds one. */
  #scalarText(event: ScalarEvent): string {
    const value = getScalarValue(this.#text, event);
    const block = event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK;
    if (!block || event.valueEnd < this.#text.length || !value.endsWith('\n')) return value;
    const last = this.#text.at(-1);
    return last !== '\n' && last === value.at(-2) ? value.slice(0, -1) : value;
  }

  #alias(start: number, end: number): YamlNode {
    const name = this.#text.slice(start, end);
    const target = this.#anchors.get(name);
    if (target === undefined) throw new ComposeError(`the alias *${name} names no anchor`, start);
    this.#cursor = end;
    return { kind: 'alias', name, target: resolveAlias(target), offset: start };
  }

  #anchor(
    event: { anchorStart: number; anchorEnd: number },
    node: Exclude<YamlNode, { kind: 'alias' }>,
  ): void {
    if (event.anchorStart >= 0) this.#anchors.set(this.#text.slice(event.anchorStart, event.anchorEnd), node);
  }

  #tag(event: { tagStart: number; tagEnd: number }): string | null {
    if (event.tagStart < 0) return null;
    const raw = this.#text.slice(event.tagStart, event.tagEnd);
    const verbatim = raw.startsWith('!<') ? raw.slice(2, -1) : raw;
    const standard = 'tag:yaml.org,2002:';
    if (verbatim === '!') return null;
    return verbatim.startsWith(standard) ? `!!${verbatim.slice(standard.length)}` : verbatim;
  }
}
