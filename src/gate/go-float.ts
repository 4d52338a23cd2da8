const DECIMAL = /^[+-]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*|_[\d_.]*)(?:[eE][+-]?\d[\d_]*)?$/;
const HEXADECIMAL = /^([+-]?)0[xX]([\da-fA-F_]*)(?:\.([\da-fA-F_]*))?[pP]([+-]?\d[\d_]*)$/;
const SPECIAL = /^(?:[+-]?inf(?:inity)?|nan)$/i;

/**
 * Reads a number exactly as Go's strconv.ParseFloat(text, 64) does: decimal and hexadecimal floats,
 * underscores between digits, `inf` and `nan` in any case. Undefined where Go reports an error, which
 * includes numbers too large for a float64.
 */
export function parseGoFloat(text: string): number | undefined {
  if (isPlainNumber(text)) return finite(Number(text));
  if (SPECIAL.test(text)) {
    if (/nan/i.test(text)) return Number.NaN;
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (text.includes('_') && !underscoresSeparateDigits(text)) return undefined;
  const hexadecimal = HEXADECIMAL.exec(text);
  if (hexadecimal !== null) return parseHexadecimal(hexadecimal);
  if (!DECIMAL.test(text)) return undefined;
  return finite(Number(text.replaceAll('_', '')));
}

/** Digits with at most one point: the usual case, decided without a regular expression. */
function isPlainNumber(text: string): boolean {
  let digits = 0;
  let points = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 48 && code <= 57) digits++;
    else if (code === 46) points++;
    else return false;
  }
  return digits > 0 && points <= 1;
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

function underscoresSeparateDigits(text: string): boolean {
  const hexadecimal = /^[+-]?0[xX]/.test(text);
  const start = /^[+-]?0[bBoOxX]/.exec(text)?.[0].length ?? /^[+-]?/.exec(text)?.[0].length ?? 0;
  const digit = hexadecimal ? /[\da-fA-F]/ : /\d/;
  let last = /0[bBoOxX]$/.test(text.slice(0, start)) ? '0' : '^';
  for (const character of text.slice(start)) {
    if (digit.test(character)) last = '0';
    else if (character === '_') {
      if (last !== '0') return false;
      last = '_';
    } else {
      if (last === '_') return false;
      last = '!';
    }
  }
  return last !== '_';
}

function parseHexadecimal(match: RegExpExecArray): number | undefined {
  const whole = (match[2] ?? '').replaceAll('_', '');
  const fraction = (match[3] ?? '').replaceAll('_', '');
  const digits = whole + fraction;
  if (digits === '') return undefined;
  const exponent = Number((match[4] ?? '0').replaceAll('_', '')) - 4 * fraction.length;
  const value = scale(BigInt(`0x${digits}`), exponent);
  if (!Number.isFinite(value)) return undefined;
  return match[1] === '-' ? -value : value;
}

/** mantissa × 2^exponent, rounded once to the nearest float64, ties to even. */
function scale(mantissa: bigint, exponent: number): number {
  if (mantissa === 0n) return 0;
  const bits = mantissa.toString(2).length;
  if (bits + exponent > 1025) return Number.POSITIVE_INFINITY;
  if (bits + exponent < -1080) return 0;
  if (exponent >= 0) return Number(mantissa << BigInt(exponent));
  const spare = Math.max(bits - 53, -1074 - exponent);
  if (spare <= 0) return Number(mantissa) * 2 ** (exponent + 200) * 2 ** -200;
  const step = 1n << BigInt(spare);
  const half = step >> 1n;
  const rest = mantissa & (step - 1n);
  let rounded = mantissa >> BigInt(spare);
  if (rest > half || (rest === half && (rounded & 1n) === 1n)) rounded += 1n;
  const power = exponent + spare;
  return power < -1000 ? Number(rounded) * 2 ** -537 * 2 ** (power + 537) : Number(rounded) * 2 ** power;
}
