import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

const MAX_LINE_LENGTH = 256 * 1024 * 1024;

/**
 * Lines of a stream without their ends (LF or CRLF); the last one needs none. Holds one line and one chunk
 * in memory. A line longer than 256 Mi characters is handed on in pieces of that length.
 */
export async function* readLines(input: Readable): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of input) {
    const text = typeof chunk === 'string' ? chunk : decoder.write(chunk as Buffer);
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      yield withoutReturn(parts.join('') + text.slice(start, end));
      parts = [];
      length = 0;
      start = end + 1;
    }
    parts.push(text.slice(start));
    length += text.length - start;
    if (length > MAX_LINE_LENGTH) {
      yield parts.join('');
      parts = [];
      length = 0;
    }
  }
  const rest = parts.join('') + decoder.end();
  if (rest !== '') yield withoutReturn(rest);
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
