import { YAMLException } from 'js-yaml';

/** Columns that a line is moved by: more than any real nesting is indented. */
const WIDTH = 200;
/** Characters that may be read again in all; what is left then is reported as it stands. */
const MAX_READ = 20_000_000;

/**
 * Reads texts whose brackets and quotes close further left than YAML 1.2 allows: `args: [` with its `]` below the `a`.
 * Go's parser never looked at the indentation inside of them, and neither do most editors.
 */
export class FlowIndent {
  /** Starts of the lines that were moved, ascending, as offsets in the moved text. */
  readonly #moved: number[] = [];

  /**
   * Calls `read` with the text, and again with a line moved to the right for each that is not indented enough. When that does
   * not help, a quote or bracket is open: the first such line is nearer to it than the end of the text.
   */
  read<T>(text: string, read: (text: string) => T): T {
    let current = text;
    let first: unknown;
    for (let left = MAX_READ; ; left -= current.length) {
      try {
        return read(current);
      } catch (error) {
        const start = left > 0 ? lineToMove(error, current) : undefined;
        if (start === undefined || start <= (this.#moved.at(-1) ?? -1)) {
          this.#moved.length = 0;
          throw first ?? error;
        }
        first ??= error;
        this.#moved.push(start);
        current = `${current.slice(0, start)}${' '.repeat(WIDTH)}${current.slice(start)}`;
      }
    }
  }

  /** The offset in the text as it was given. */
  original(offset: number): number {
    const before = this.#moved.filter((start) => start < offset);
    const last = before.at(-1);
    if (last === undefined) return offset;
    return Math.max(offset, last + WIDTH) - before.length * WIDTH;
  }
}

function lineToMove(error: unknown, text: string): number | undefined {
  if (!(error instanceof YAMLException) || error.reason !== 'deficient indentation') return undefined;
  const position = error.mark?.position;
  if (position === undefined) return undefined;
  return Math.max(text.lastIndexOf('\n', position - 1), text.lastIndexOf('\r', position - 1)) + 1;
}
