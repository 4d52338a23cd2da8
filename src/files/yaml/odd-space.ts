import type { Position } from './position.ts';

/** Lines that are looked at: that of the error, and the ones before it, where the reason may be. */
const LINES = 3;

const IN_INDENTATION = /^[ \t?-]*([\u00A0\u2000-\u200B\u202F\u3000\uFEFF])/u;

/** A character of an indentation that looks like a space, or like nothing. */
export interface OddSpace {
  place: Position;
  /** Such as `U+00A0`. */
  code: string;
}

/** The first one at or shortly before a line that cannot be read: text copied from web pages has them. */
export function oddSpaceBefore(text: string, line: number): OddSpace | undefined {
  const from = Math.max(0, line - LINES);
  const lines = text.split(/\r\n|[\r\n]/, line).slice(from);
  for (const [index, content] of lines.entries()) {
    const [whole = '', character = ''] = IN_INDENTATION.exec(content) ?? [];
    if (character === '') continue;
    const code = `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
    return { place: { line: from + index + 1, column: whole.length }, code };
  }
  return undefined;
}
