/** A request as webhook.yaml asks for it; its texts still hold their templates. */
export interface RequestTemplate {
  url: string;
  method: string;
  headers: { key: string; value: string }[];
  payload: string;
  /** Milliseconds, from `--max-time`. */
  timeoutMs?: number;
  /** Redirects to the same host are followed, from `--location`. */
  followRedirects?: boolean;
  /** From `--user`. */
  user?: string;
}

/** The words of a command, or why it cannot be read. */
type Words = { words: string[] } | { refused: string };

/** A parsed command, or why it is refused. */
export type CurlCommand = { request: RequestTemplate } | { refused: string };

/** What Keptn's webhook-service refused anywhere in a command (1.4.5). */
const DENIED_TEXT = ['$', '|', ';', '>', '$(', ' &', '&&', '`', '/var/run'];

/**
 * Reads a `curl …` text of webhook.yaml v1alpha1 as a request. Nothing is ever given to a shell or to curl: options
 * that have no meaning for a plain request are refused by name.
 */
export function parseCurlCommand(command: string): CurlCommand {
  const split = splitWords(command);
  if ('refused' in split) return split;
  const [program, ...words] = split.words;
  if (program !== 'curl') return { refused: `the request must begin with curl, got "${program ?? ''}"` };
  const outside = command.replaceAll(/\{\{.*?\}\}/gs, '');
  const denied = DENIED_TEXT.find((text) => outside.includes(text));
  if (denied !== undefined) return { refused: `the request contains "${denied}", which is not allowed` };
  return readWords(words);
}

/** Reads the raw curl options of a v1beta1 request on top of it. */
export function applyCurlOptions(request: RequestTemplate, options: string): CurlCommand {
  const split = splitWords(options);
  if ('refused' in split) return split;
  const outside = options.replaceAll(/\{\{.*?\}\}/gs, '');
  const denied = DENIED_TEXT.find((text) => outside.includes(text));
  if (denied !== undefined) return { refused: `options contain "${denied}", which is not allowed` };
  return readWords([request.url, ...split.words], { ...request, url: '' });
}

type Draft = RequestTemplate & { methodGiven: boolean };
type Option = (draft: Draft, value: string) => string | undefined;

const WITH_VALUE: ReadonlyMap<string, Option> = new Map<string, Option>([
  ['--request', method],
  ['-X', method],
  ['--header', header],
  ['-H', header],
  ['--data', data],
  ['-d', data],
  ['--data-raw', (draft, value) => body(draft, value)],
  ['--data-binary', data],
  ['--user', user],
  ['-u', user],
  ['--max-time', seconds],
  ['-m', seconds],
  ['--url', (draft, value) => address(draft, value)],
  ['--user-agent', (draft, value) => header(draft, `User-Agent: ${value}`)],
  ['-A', (draft, value) => header(draft, `User-Agent: ${value}`)],
]);

const FLAGS: ReadonlyMap<string, Option> = new Map<string, Option>([
  ['--location', follow],
  ['-L', follow],
  ['--get', (draft) => method(draft, 'GET')],
  ['-G', (draft) => method(draft, 'GET')],
  ['--head', (draft) => method(draft, 'HEAD')],
  ['-I', (draft) => method(draft, 'HEAD')],
  ['--silent', ignored],
  ['-s', ignored],
  ['--show-error', ignored],
  ['-S', ignored],
  ['--fail', ignored],
  ['-f', ignored],
  ['--fail-with-body', ignored],
  ['--compressed', ignored],
  ['--verbose', ignored],
  ['-v', ignored],
]);

function readWords(words: readonly string[], start?: RequestTemplate): CurlCommand {
  const draft: Draft = {
    ...(start ?? { url: '', method: 'GET', headers: [], payload: '' }),
    headers: [...(start?.headers ?? [])],
    methodGiven: start !== undefined,
  };
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    const [name = '', inline] = splitOption(word);
    const option = WITH_VALUE.get(name);
    let refused: string | undefined;
    if (option !== undefined) {
      const value = inline ?? words[++index];
      refused = value === undefined ? `the option ${name} has no value` : option(draft, value);
    } else if (word.startsWith('-')) {
      refused = (FLAGS.get(word) ?? unsupported)(draft, word);
    } else refused = address(draft, word);
    if (refused !== undefined) return { refused };
  }
  const { methodGiven: _given, ...request } = draft;
  return request.url === '' ? { refused: 'the request has no URL' } : { request };
}

function splitOption(word: string): [string, string?] {
  if (word.startsWith('--')) {
    const equals = word.indexOf('=');
    return equals > 0 ? [word.slice(0, equals), word.slice(equals + 1)] : [word];
  }
  return /^-[XHdumA]./.test(word) ? [word.slice(0, 2), word.slice(2)] : [word];
}

function method(draft: Draft, value: string): undefined {
  draft.method = value.toUpperCase();
  draft.methodGiven = true;
}

function header(draft: Draft, value: string): string | undefined {
  const colon = value.indexOf(':');
  if (colon <= 0) return `the header "${value.slice(0, 40)}" has no name and value`;
  draft.headers.push({ key: value.slice(0, colon).trim(), value: value.slice(colon + 1).trim() });
  return undefined;
}

function data(draft: Draft, value: string): string | undefined {
  return value.startsWith('@') ? 'data from a file (@…) is not allowed' : body(draft, value);
}

function body(draft: Draft, value: string): undefined {
  draft.payload = draft.payload === '' ? value : `${draft.payload}&${value}`;
  if (!draft.methodGiven) draft.method = 'POST';
}

function user(draft: Draft, value: string): undefined {
  draft.user = value;
}

function seconds(draft: Draft, value: string): string | undefined {
  const time = Number(value);
  if (!(time > 0)) return `--max-time must be a number of seconds, got "${value}"`;
  draft.timeoutMs = Math.ceil(time * 1000);
  return undefined;
}

function address(draft: Draft, value: string): string | undefined {
  if (draft.url !== '') return `there are two URLs: "${draft.url}" and "${value}"`;
  draft.url = value;
  return undefined;
}

function follow(draft: Draft): undefined {
  draft.followRedirects = true;
}

function ignored(): undefined {
  return undefined;
}

function unsupported(_draft: Draft, word: string): string {
  return `the option ${word} is not supported; write the request as url, method, headers and payload`;
}

/** Splits at blanks as a shell would, keeping quoted parts and `{{ … }}` together; no expansion of any kind. */
function splitWords(text: string): Words {
  const words: string[] = [];
  let word: string | undefined;
  let index = 0;
  while (index < text.length) {
    const char = text.charAt(index);
    if (text.startsWith('{{', index)) {
      const end = text.indexOf('}}', index);
      if (end < 0) return { refused: 'a template {{ is never closed with }}' };
      word = (word ?? '') + text.slice(index, end + 2);
      index = end + 2;
    } else if (char === "'" || char === '"') {
      const quoted = readQuoted(text, index);
      if (quoted === undefined) return { refused: neverClosed(text, index) };
      word = (word ?? '') + quoted.text;
      index = quoted.end;
    } else if (char === '\\') {
      const next = text.charAt(index + 1);
      if (next !== '\n') word = (word ?? '') + next;
      index += 2;
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      index++;
    } else {
      word = (word ?? '') + char;
      index++;
    }
  }
  if (word !== undefined) words.push(word);
  return { words };
}

/** What is missing behind a quote that has no end: an open template hides the quote that would close it. */
function neverClosed(text: string, start: number): string {
  const open = text.lastIndexOf('{{');
  return open > start && !text.includes('}}', open)
    ? `the template ${text.slice(open, open + 20)}… is never closed with }}`
    : `the quote ${text.charAt(start)} is never closed`;
}

function readQuoted(text: string, start: number): { text: string; end: number } | undefined {
  const quote = text.charAt(start);
  let content = '';
  let index = start + 1;
  while (index < text.length) {
    const char = text.charAt(index);
    if (text.startsWith('{{', index)) {
      const end = text.indexOf('}}', index);
      if (end < 0) return undefined;
      content += text.slice(index, end + 2);
      index = end + 2;
    } else if (char === quote) return { text: content, end: index + 1 };
    else if (char === '\\' && quote === '"' && /["\\]/.test(text.charAt(index + 1))) {
      content += text.charAt(index + 1);
      index += 2;
    } else {
      content += char;
      index++;
    }
  }
  return undefined;
}
