import type { Event } from 'js-yaml';
import { COLLECTION_STYLE, EVENT_ID, SCALAR_STYLE } from 'js-yaml';

/**
 * Offset of the first tab that starts a line outside quoted scalars, blocks and flow collections, or
 * undefined. YAML 1.2 lets such lines pass when they hold only a comment or nothing; Go's yaml.v3 refuses.
 */
export function findIndentingTab(text: string, events: readonly Event[]): number | undefined {
  if (!/(?:^|[\r\n])\t/.test(text)) return undefined;
  const spans = tolerantSpans(events).sort(([a], [b]) => a - b);
  let next = 0;
  let covered = -1;
  for (const { index: offset } of text.matchAll(/(?<=^|[\r\n])\t/g)) {
    for (let span = spans[next]; span !== undefined && span[0] < offset; span = spans[++next]) {
      covered = Math.max(covered, span[1]);
    }
    if (offset >= covered) return offset;
  }
  return undefined;
}

function tolerantSpans(events: readonly Event[]): [number, number][] {
  const spans: [number, number][] = [];
  const open: (number | undefined)[] = [];
  let cursor = 0;
  for (const event of events) {
    if (event.type === EVENT_ID.SCALAR) {
      cursor = Math.max(cursor, event.valueEnd);
      if (event.style !== SCALAR_STYLE.PLAIN && event.valueStart >= 0)
        spans.push([event.valueStart - 1, event.valueEnd]);
    } else if (event.type === EVENT_ID.SEQUENCE || event.type === EVENT_ID.MAPPING) {
      open.push(event.style === COLLECTION_STYLE.FLOW ? event.start : undefined);
    } else if (event.type === EVENT_ID.DOCUMENT) open.push(undefined);
    else if (event.type === EVENT_ID.POP) {
      const start = open.pop();
      if (start !== undefined) spans.push([start, cursor]);
    }
  }
  return spans;
}
