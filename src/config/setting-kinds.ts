import { isAbsolute, resolve } from 'node:path';
import { ConfigurationError } from './errors.ts';

/** Levels of the log, from quiet to loud. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** One of LOG_LEVELS. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Reads a setting from text; `where` names its source in the error. Throws ConfigurationError. */
export type ReadSetting<Value> = (text: string, where: string) => Value;

/** Any text that is not blank. */
export const readText: ReadSetting<string> = (text, where) => {
  if (text.trim() === '') throw new ConfigurationError(`${where} is empty`, 'give it a value or remove it');
  return text.trim();
};

/** A path; a relative one counts from the working directory. */
export const readPath: ReadSetting<string> = (text, where) => {
  const path = readText(text, where);
  return isAbsolute(path) ? path : resolve(path);
};

/** A TCP port from 0 (any free one) to 65535. */
export const readPort: ReadSetting<number> = (text, where) => {
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (port >= 0 && port <= 65_535) return port;
  throw new ConfigurationError(`${where} is "${text}", which is no port`, 'use a number from 0 to 65535');
};

/** `true` or `false`. */
export const readBoolean: ReadSetting<boolean> = (text, where) => {
  const word = text.trim().toLowerCase();
  if (word === 'true' || word === 'false') return word === 'true';
  throw new ConfigurationError(`${where} is "${text}", which is neither true nor false`, 'use true or false');
};

/** An address of a page, `http://` or `https://`, without user and password. */
export const readPageAddress: ReadSetting<string> = (text, where) => {
  const url = URL.parse(readText(text, where));
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') {
    return url.href;
  }
  throw new ConfigurationError(
    `${where} is no address of a page`,
    'use http(s)://host[:port][/path] without user and password',
  );
};

/** One of LOG_LEVELS. */
export const readLogLevel: ReadSetting<LogLevel> = (text, where) => {
  const level = LOG_LEVELS.find((known) => known === text.trim().toLowerCase());
  if (level !== undefined) return level;
  throw new ConfigurationError(
    `${where} is "${text}", which is no log level`,
    `use ${LOG_LEVELS.join(', ')}`,
  );
};

/**
 * Base address of the API: `http://` is put in front when the scheme is missing, an empty path becomes `/api`
 * (both as the Keptn 1.4.5 CLI does), and slashes at the end are dropped.
 */
export const readEndpoint: ReadSetting<string> = (text, where) => {
  const typed = readText(text, where);
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `http://${typed}`);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new ConfigurationError(
      `${where} is no address of an API`,
      'use http(s)://host[:port][/path] without user and password',
    );
  }
  const path = url.pathname.replace(/\/+$/, '');
  return `${url.origin}${path === '' ? '/api' : path}`;
};

/** Hosts as `host` or `host:port`, with commas between. */
export const readHosts: ReadSetting<string[]> = (text, where) => {
  const hosts = readText(text, where)
    .split(',')
    .map((host) => host.trim().toLowerCase());
  const wrong = hosts.find((host) => !/^(?:[a-z0-9._-]+|\[[0-9a-f:]+\])(?::\d{1,5})?$/.test(host));
  if (wrong === undefined) return hosts;
  throw new ConfigurationError(`${where} holds "${wrong}", which is no host`, 'use host or host:port');
};

/** Where a process listens. */
export interface NetworkAddress {
  host: string;
  port: number;
}

/** `host:port`, `[IPv6 address]:port`, or `:port` for all addresses of this machine. */
export const readAddress: ReadSetting<NetworkAddress> = (text, where) => {
  const [, bracketed, plain, port] =
    /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]*)):(\d{1,5})$/i.exec(text.trim()) ?? [];
  if (port !== undefined && Number(port) <= 65_535) {
    return { host: bracketed ?? (plain || '0.0.0.0'), port: Number(port) };
  }
  throw new ConfigurationError(
    `${where} is "${text}", which is no address to listen on`,
    'write it as host:port, or :port for all addresses',
  );
};
