import type { DocumentPath, Problem } from './problem.ts';
import { hasErrors } from './problem.ts';
import { type FieldReader, NodeDecoder } from './yaml/decoder.ts';
import type { YamlNode } from './yaml/node.ts';
import { parseYaml, type YamlDocument } from './yaml/parse.ts';

/** A file as a typed model, or undefined when one of its problems makes it unusable. */
export interface ParsedFile<T> {
  readonly model: T | undefined;
  readonly problems: Problem[];
}

/** What a file's reader works with: the document, Go's decoding rules, and a place for findings. */
export interface FileReader {
  readonly document: YamlDocument;
  readonly decoder: NodeDecoder;
  report(
    path: DocumentPath,
    message: string,
    options?: { severity?: Problem['severity']; hint?: string },
  ): void;
  /** Reads the known fields of a mapping and reports every other key but those that begin with `x-`. */
  fields(node: YamlNode, path: DocumentPath, readers: Readonly<Record<string, FieldReader>>): void;
}

/**
 * Reads a YAML file with Go's decoding rules. Never throws for bad input: `read` reports what it finds, and the
 * model is undefined when there was an error or the file holds no document. Unknown keys are warnings, because
 * most of Keptn's decoders ignored them in silence; `unknownKeys: 'error'` is for the one that refused them.
 */
export function readYamlFile<T>(
  text: string,
  source: { file: string; unknownKeys?: Problem['severity']; repeatedKeys?: 'lastWins' },
  read: (root: YamlNode, reader: FileReader) => T,
): ParsedFile<T> {
  const { unknownKeys: _severity, ...options } = source;
  const document = parseYaml(text, options);
  const found = [...document.problems];
  const decoder = new NodeDecoder((_node, path, message, hint) => {
    found.push(document.problem(path, message, hint === undefined ? {} : { hint }));
  });
  const report: FileReader['report'] = (path, message, options) => {
    found.push(document.problem(path, message, options));
  };
  if (document.root === undefined) {
    if (found.length === 0) report([], 'the file is empty', { hint: 'write its content or remove the file' });
    return { model: undefined, problems: found };
  }
  const fields: FileReader['fields'] = (node, path, readers) => {
    decoder.entries(node, path, (key, value) => {
      const place = [...path, key];
      if (Object.hasOwn(readers, key)) readers[key]?.(value, place);
      else if (!key.startsWith('x-')) report(place, `unknown key "${key}"`, unknownKey(readers, source));
    });
  };
  const model = read(document.root, { document, decoder, report, fields });
  const problems = withoutRepeats(found);
  return { model: hasErrors(problems) ? undefined : model, problems };
}

/** Reader of a text field; null leaves it as it is. */
export function textField(
  { decoder }: FileReader,
  set: (value: string, path: DocumentPath) => void,
): FieldReader {
  return (node, path) => {
    const value = decoder.text(node, path);
    if (typeof value === 'string') set(value, path);
  };
}

/** Reader of a list; `each` is called with every item. */
export function listField({ decoder }: FileReader, each: FieldReader): FieldReader {
  return (node, path) => {
    decoder.list(node, path, each);
  };
}

function unknownKey(
  readers: Readonly<Record<string, FieldReader>>,
  { unknownKeys = 'warning' }: { unknownKeys?: Problem['severity'] },
) {
  const effect = unknownKeys === 'warning' ? 'it has no effect' : 'remove or correct it';
  return { severity: unknownKeys, hint: `${effect}; known here: ${Object.keys(readers).join(', ')}` };
}

/** The document and the decoder can find the same thing; one line of it is enough. */
function withoutRepeats(problems: Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = `${problem.line}:${problem.column}:${problem.message}`;
    return !seen.has(key) && seen.add(key);
  });
}
