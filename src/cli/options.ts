import { type Command, InvalidArgumentError, Option } from 'commander';
import type { JsonObject } from '../contracts/json.ts';
import { isJsonObject } from '../contracts/json.ts';

/** Options that every command which talks to the API has. */
export interface ApiOptions {
  endpoint?: string;
  token?: string;
  config?: string;
  output: 'table' | 'json';
}

/** Adds `-o, --output`. */
export function withOutput(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'table for people, json for programs')
      .choices(['table', 'json'])
      .default('table'),
  );
}

/** Adds `--config`. */
export function withConfig(command: Command): Command {
  return command.option(
    '--config <file>',
    'configuration file (default: slipway.toml, see docs/configuration.md)',
  );
}

/** Adds `--endpoint`, `--token`, `--config` and `-o`. */
export function withApi(command: Command): Command {
  return withOutput(withApiAddress(command));
}

/** Adds `--endpoint`, `--token` and `--config`, for commands with an `-o` of their own. */
export function withApiAddress(command: Command): Command {
  const api = command
    .option(
      '--endpoint <url>',
      'address of the API (default: SLIPWAY_ENDPOINT, slipway.toml, the running `slipway dev`)',
    )
    .option('--token <token>', 'API token; SLIPWAY_TOKEN is safer, options show in the process list');
  return withConfig(api);
}

/** Adds a line of examples below the help. */
export function withExample(command: Command, ...examples: string[]): Command {
  const title = examples.length === 1 ? 'Example' : 'Examples';
  return command.addHelpText('after', `\n${title}:\n${examples.map((line) => `  $ ${line}`).join('\n')}`);
}

/** Adds the exit codes below the help. */
export function withExitCodes(command: Command, ...lines: string[]): Command {
  return command.addHelpText('after', `\nExit codes:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}

/** Exit codes of a command that waits for a verdict. */
export const VERDICT_CODES = [
  '0  pass',
  '1  warning',
  '2  fail, aborted or timed out',
  '3  the command itself failed',
];

/** Reads `a=b,c=d`, repeatable; later ones win. */
export function readLabels(text: string, previous: Record<string, string> = {}): Record<string, string> {
  const labels = { ...previous };
  for (const pair of text.split(',').filter((part) => part.trim() !== '')) {
    const at = pair.indexOf('=');
    if (at < 1) throw new InvalidArgumentError(`"${pair}" is no label: write key=value`);
    labels[pair.slice(0, at).trim()] = pair.slice(at + 1).trim();
  }
  return labels;
}

/** Reads `a,b,c`; blanks around a name do not count. */
export function readNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '') && new Set(names).size === names.length) return names;
  throw new InvalidArgumentError('write different names with commas between');
}

/** Reads `a.b=c` into nested objects, repeatable; values stay texts, as with the Keptn 1.4.5 CLI. */
export function readValues(text: string, previous: JsonObject = {}): JsonObject {
  const at = text.indexOf('=');
  const keys = text.slice(0, Math.max(at, 0)).split('.');
  if (at < 1 || keys.some((key) => key === '' || key === '__proto__')) {
    throw new InvalidArgumentError(`"${text}" is no value: write path.to.key=value`);
  }
  return nest(previous, keys, text.slice(at + 1));
}

/** Reads `a.b=c,d=e`, as `keptn trigger sequence --data` does. */
export function readData(text: string, previous: JsonObject = {}): JsonObject {
  return text.split(',').reduce((data, pair) => readValues(pair, data), previous);
}

function nest(object: JsonObject, keys: readonly string[], value: string): JsonObject {
  const [key = '', ...rest] = keys;
  if (rest.length === 0) return { ...object, [key]: value };
  const inner = object[key];
  return { ...object, [key]: nest(isJsonObject(inner) ? inner : {}, rest, value) };
}

/** Reads a port from 0 to 65535. */
export function readPortOption(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError('it must be a port from 0 to 65535');
}

/** Reads a number above zero. */
export function readPositive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('it must be a number above 0');
}
