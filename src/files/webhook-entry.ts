import {
  applyCurlOptions,
  type CurlCommand,
  parseCurlCommand,
  type RequestTemplate,
} from './curl-command.ts';
import { TemplateError } from './go-template-error.ts';
import { parseTemplate } from './go-template-parse.ts';
import { type FileReader, listField, textField } from './parsed-file.ts';
import type { DocumentPath, Problem } from './problem.ts';
import type { YamlNode } from './yaml/node.ts';

/** Methods that Keptn 1.4.5 accepted in v1beta1; a curl text may name any. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'HEAD']);

/** Takes what makes one entry unusable, beside what makes the file unusable. */
export interface EntryReader extends FileReader {
  refusals: Problem[];
}

/** Reads one request of a webhook; undefined when it is refused, and the reason is among the reader's refusals. */
export function requestOf(
  reader: EntryReader,
  node: YamlNode,
  path: DocumentPath,
): RequestTemplate | undefined {
  const target = node.kind === 'alias' ? node.target : node;
  const isCurl = target.kind === 'scalar';
  const command = isCurl ? curlRequest(reader, node, path) : plainRequest(reader, node, path);
  if (command === undefined) return undefined;
  const refuse = (message: string, hint?: string): void => {
    reader.refusals.push(reader.document.problem(path, message, hint === undefined ? {} : { hint }));
  };
  if ('refused' in command) {
    refuse(command.refused, isCurl ? 'use url, method, headers and payload of v1beta1' : undefined);
    return undefined;
  }
  const { request } = command;
  if (isCurl ? !/^[A-Z]+$/.test(request.method) : !METHODS.has(request.method))
    refuse(`the method "${request.method}" is not allowed`, `use ${[...METHODS].join(', ')}`);
  const headers = request.headers.map(({ value }) => value);
  for (const template of [request.url, request.payload, ...headers]) checkTemplate(refuse, template);
  return request;
}

function curlRequest(reader: FileReader, node: YamlNode, path: DocumentPath): CurlCommand | undefined {
  const command = reader.decoder.text(node, path);
  return typeof command === 'string' ? parseCurlCommand(command) : undefined;
}

function plainRequest(reader: FileReader, node: YamlNode, path: DocumentPath): CurlCommand {
  const request: RequestTemplate = { url: '', method: '', headers: [], payload: '' };
  let options = '';
  reader.fields(node, path, {
    url: textField(reader, (value) => {
      request.url = value;
    }),
    method: textField(reader, (value) => {
      request.method = value.toUpperCase();
    }),
    payload: textField(reader, (value) => {
      request.payload = value;
    }),
    options: textField(reader, (value) => {
      options = value;
    }),
    headers: listField(reader, (item, place) => {
      const header = { key: '', value: '' };
      reader.fields(item, place, {
        key: textField(reader, (key) => {
          header.key = key;
        }),
        value: textField(reader, (value) => {
          header.value = value;
        }),
      });
      request.headers.push(header);
    }),
  });
  if (request.url === '') return { refused: 'the request has no url' };
  if (request.payload.startsWith('@')) return { refused: 'a payload from a file (@…) is not allowed' };
  return options.trim() === '' ? { request } : applyCurlOptions(request, options);
}

function checkTemplate(refuse: (message: string) => void, template: string): void {
  try {
    parseTemplate(template);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    refuse(error.message);
  }
}
