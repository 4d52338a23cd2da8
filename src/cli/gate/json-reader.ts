import { GateInputError } from './errors.ts';

/** A JSON object of unknown content. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** True for a JSON object, not for null or an array. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses JSON; `where` is named in the error. */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new GateInputError(`${where}: not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A list; null and absent are the empty list, as in Go. */
export function readList(value: unknown, where: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw expected(where, 'a list', value);
}

/** A string; null and absent are empty, as in Go. */
export function readString(value: unknown, where: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  throw expected(where, 'a string', value);
}

/** A boolean; null and absent are false, as in Go. */
export function readBoolean(value: unknown, where: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  throw expected(where, 'true or false', value);
}

/** A number that fits a float64; null and absent are 0, as in Go. */
export function readNumber(value: unknown, where: string): number {
  if (value === undefined || value === null) return 0;
  if (typeof value !== 'number') throw expected(where, 'a number', value);
  if (!Number.isFinite(value)) throw new GateInputError(`${where}: the number is too large for a float64`);
  return value;
}

/** An object. */
export function readRecord(value: unknown, where: string): JsonRecord {
  if (isRecord(value)) return value;
  throw expected(where, 'an object', value);
}

function expected(where: string, what: string, value: unknown): GateInputError {
  const text = JSON.stringify(value);
  const found = text.length > 60 ? `${text.slice(0, 57)}…` : text;
  return new GateInputError(`${where}: expected ${what}, got ${found}`);
}
