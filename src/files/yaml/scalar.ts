import { parseGoFloat } from '../../gate/go-float.ts';
import type { ScalarNode } from './node.ts';

/** What a scalar means to Go's yaml.v3. `mismatch` is an explicit tag that the text does not fit. */
export type ResolvedScalar =
  | { readonly type: 'null' }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'integer'; readonly value: number; readonly fits64Bits: boolean }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'mismatch' };

const NULLS = new Set(['', '~', 'null', 'Null', 'NULL']);
const TRUES = new Set(['true', 'True', 'TRUE']);
const FALSES = new Set(['false', 'False', 'FALSE']);
const NANS = new Set(['.nan', '.NaN', '.NAN']);
const INFINITIES = /^([+-]?)\.(?:inf|Inf|INF)$/;
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const INTEGER = /^([+-]?)(?:0[xX]([\da-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9]\d*))$/;
const TAG_TYPES: Readonly<Record<string, string>> = {
  '!!null': 'null',
  '!!bool': 'boolean',
  '!!int': 'integer',
  '!!float': 'float',
};

/**
 * Resolves a scalar as Go's yaml.v3 does, which Keptn 1.4.5 used: `true`/`false` are booleans but `yes` and
 * `on` are strings here (a boolean field accepts them later), `0777` and `0o777` are octal, `_` may group
 * digits, timestamps stay text.
 */
export function resolveScalar(node: ScalarNode): ResolvedScalar {
  const { tag, text } = node;
  if (tag === '!!str' || (tag === null && node.quoted)) return { type: 'string', value: text };
  const wanted = tag === null ? undefined : TAG_TYPES[tag];
  if (tag !== null && wanted === undefined) return resolveForeignTag(tag, text);
  const resolved = resolvePlain(text);
  if (wanted === undefined || resolved.type === wanted) return resolved;
  if (wanted === 'float' && resolved.type === 'integer') return { type: 'float', value: resolved.value };
  return { type: 'mismatch' };
}

function resolveForeignTag(tag: string, text: string): ResolvedScalar {
  if (tag !== '!!binary') return { type: 'string', value: text };
  const bytes = decodeBase64(text);
  return bytes === undefined ? { type: 'mismatch' } : { type: 'string', value: bytes };
}

function decodeBase64(text: string): string | undefined {
  const compact = text.replace(/[\r\n]/g, '');
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) return undefined;
  return new TextDecoder().decode(Uint8Array.from(atob(compact), (character) => character.charCodeAt(0)));
}

function resolvePlain(text: string): ResolvedScalar {
  if (NULLS.has(text)) return { type: 'null' };
  if (TRUES.has(text)) return { type: 'boolean', value: true };
  if (FALSES.has(text)) return { type: 'boolean', value: false };
  if (NANS.has(text)) return { type: 'float', value: Number.NaN };
  const first = text.charCodeAt(0);
  if (first === 46) return resolveLeadingPoint(text);
  if (first === 43 || first === 45 || (first >= 48 && first <= 57)) return resolveNumber(text);
  return { type: 'string', value: text };
}

function resolveLeadingPoint(text: string): ResolvedScalar {
  if (INFINITIES.test(text)) return { type: 'float', value: Number.POSITIVE_INFINITY };
  const value = parseGoFloat(text);
  return value === undefined ? { type: 'string', value: text } : { type: 'float', value };
}

function resolveNumber(text: string): ResolvedScalar {
  const infinity = INFINITIES.exec(text);
  if (infinity !== null) {
    return {
      type: 'float',
      value: infinity[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
    };
  }
  const plain = text.replaceAll('_', '');
  const integer = resolveInteger(plain);
  if (integer !== undefined) return integer;
  const value = FLOAT.test(plain) ? parseGoFloat(plain) : undefined;
  return value === undefined ? { type: 'string', value: text } : { type: 'float', value };
}

function resolveInteger(plain: string): ResolvedScalar | undefined {
  const match = INTEGER.exec(plain);
  if (match === null) return undefined;
  const [, sign, hexadecimal, binary, octal, decimal] = match;
  const magnitude =
    toBigInt(hexadecimal, '0x') ?? toBigInt(binary, '0b') ?? toBigInt(octal, '0o') ?? BigInt(decimal ?? '0');
  const exact = sign === '-' ? -magnitude : magnitude;
  const fits64Bits = exact >= -(2n ** 63n) && exact < 2n ** 63n;
  // Beyond int64 Go goes on to uint64, which takes no sign, and then to a float.
  if (!fits64Bits && (sign !== '' || exact >= 2n ** 64n)) return undefined;
  return { type: 'integer', value: Number(exact), fits64Bits };
}

function toBigInt(digits: string | undefined, prefix: string): bigint | undefined {
  return digits === undefined ? undefined : BigInt(prefix + digits);
}
