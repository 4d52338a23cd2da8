import type { Event } from 'js-yaml';
import { EVENT_ID, YAMLException } from 'js-yaml';

/** The first document of a text: its events, and the text without the documents behind it. */
export interface FirstDocument {
  readonly text: string;
  readonly events: Event[];
}

/**
 * Reads the first document of a text. Go's yaml.v3 reads one document and never looks at what follows it, so
 * a syntax error behind the first `---` separator must not spoil the file.
 */
export function firstDocument(text: string, parse: (text: string) => Event[]): FirstDocument {
  try {
    const events = parse(text);
    const second = events.findIndex((event, index) => index > 0 && event.type === EVENT_ID.DOCUMENT);
    if (second < 0) return { text, events };
    return { text: text.slice(0, endOfFirstDocument(text)), events: events.slice(0, second) };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const end = endOfFirstDocument(text);
    if (end === undefined || (error.mark?.position ?? 0) < end) throw error;
    return firstDocument(text.slice(0, end), parse);
  }
}

/** Offset of the marker line that ends the first document; markers stand at the start of a line only. */
function endOfFirstDocument(text: string): number | undefined {
  let started = false;
  for (const line of text.matchAll(/^.*$/gm)) {
    const marker = /^(---|\.\.\.)(?=\s|$)/.exec(line[0])?.[0];
    if (marker !== undefined && started) return line.index;
    if (marker === '---') started = true;
    else if (!/^\s*(#.*)?$|^%/.test(line[0])) started = true;
  }
  return undefined;
}
