import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { ConfigurationError } from './errors.ts';
import { SETTINGS } from './settings.ts';

/** Values of one slipway.toml by dotted key, as text. */
export interface ConfigFile {
  readonly path: string;
  readonly values: ReadonlyMap<string, string>;
}

/** Longest configuration file that is read, in characters. */
const MAX_LENGTH = 1_000_000;

/**
 * The configuration file that counts: `path` (from `--config` or SLIPWAY_CONFIG, and then it must exist), else
 * `slipway.toml` in the working directory, else `$XDG_CONFIG_HOME/slipway/slipway.toml`. Undefined when there
 * is none. Throws ConfigurationError for a file that cannot be read, is no TOML, or has an unknown key.
 */
export async function readConfigFile(
  path: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ConfigFile | undefined> {
  const named = path ?? (env.SLIPWAY_CONFIG ? env.SLIPWAY_CONFIG : undefined);
  if (named !== undefined) {
    const text = await readIfThere(named);
    if (text !== undefined) return parseConfigFile(text, named);
    throw new ConfigurationError(
      `the configuration file ${named} does not exist`,
      'correct --config or SLIPWAY_CONFIG',
    );
  }
  const home = env.XDG_CONFIG_HOME ? env.XDG_CONFIG_HOME : join(homedir(), '.config');
  for (const candidate of ['slipway.toml', join(home, 'slipway', 'slipway.toml')]) {
    const text = await readIfThere(candidate);
    if (text !== undefined) return parseConfigFile(text, candidate);
  }
  return undefined;
}

/** Parses the text of a slipway.toml. Throws ConfigurationError with file:line:column. */
export function parseConfigFile(text: string, path: string): ConfigFile {
  if (text.length > MAX_LENGTH)
    throw new ConfigurationError(`${path} is longer than ${MAX_LENGTH} characters`);
  const values = new Map<string, string>();
  for (const [table, content] of Object.entries(parseToml(text, path))) {
    if (typeof content !== 'object' || content === null || Array.isArray(content)) {
      throw unknownKey(path, table);
    }
    for (const [key, value] of Object.entries(content)) {
      const name = `${table}.${key}`;
      if (!KNOWN_KEYS.has(name)) throw unknownKey(path, name);
      if (typeof value !== 'string' && typeof value !== 'number') {
        throw new ConfigurationError(
          `${path}: ${name} must be a text or a number`,
          'put the value in quotes',
        );
      }
      values.set(name, String(value));
    }
  }
  return { path, values };
}

const KNOWN_KEYS: ReadonlySet<string> = new Set(Object.values(SETTINGS).map((setting) => setting.key));

function unknownKey(path: string, key: string): ConfigurationError {
  return new ConfigurationError(
    `${path}: unknown key ${key}`,
    `known keys are ${[...KNOWN_KEYS].sort().join(', ')}`,
  );
}

function parseToml(text: string, path: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split('\n')[0] ?? 'not valid TOML';
    throw new ConfigurationError(
      `${path}:${error.line}:${error.column}: ${reason}`,
      'correct the TOML syntax',
    );
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`${path} cannot be read: ${reason}`, 'correct the path or its permissions');
  }
}
