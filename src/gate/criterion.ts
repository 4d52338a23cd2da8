import { parseGoFloat } from './go-float.ts';

/** Comparison operators of a criterion. */
export type Operator = '<' | '<=' | '=' | '>=' | '>';

/** A parsed criterion such as `<=+10%`. */
export interface Criterion {
  /** As written, with its blanks. */
  readonly text: string;
  readonly operator: Operator;
  readonly value: number;
  /** The value is a percentage of the baseline. */
  readonly percentage: boolean;
  /** The target is computed from the baseline. */
  readonly relative: boolean;
  /** The value is added to the baseline, otherwise subtracted. */
  readonly increase: boolean;
}

/** A criterion that cannot be parsed, with Keptn's reason. */
export interface InvalidCriterion {
  readonly text: string;
  readonly error: string;
}

const LESS = 60;
const EQUAL = 61;
const GREATER = 62;
const PIPE = 124;
const PERCENT = 37;
const PLUS = 43;
const MINUS = 45;

/**
 * Parses a criterion with the grammar of Keptn 1.4.5: blanks removed everywhere, an operator, an optional
 * sign and an optional `%` (each of which makes it relative), then a Go float.
 */
export function parseCriterion(text: string): Criterion | InvalidCriterion {
  let rest = text.includes(' ') ? text.replaceAll(' ', '') : text;
  // Keptn's pattern is a character class of < | = >: one such character is all it demands.
  if (!isOperatorCharacter(rest.charCodeAt(0))) return { text, error: 'invalid criteria string' };
  const operator = operatorOf(rest);
  if (operator !== undefined) rest = rest.slice(operator.length);
  const percentage = rest.charCodeAt(rest.length - 1) === PERCENT;
  if (percentage) rest = rest.slice(0, -1);
  const sign = rest.charCodeAt(0);
  const signed = sign === PLUS || sign === MINUS;
  const value = parseGoFloat(signed ? rest.slice(1) : rest);
  if (value === undefined || operator === undefined)
    return { text, error: 'could not parse criteria target value' };
  return {
    text,
    operator,
    value,
    percentage,
    relative: percentage || signed,
    increase: signed ? sign === PLUS : percentage,
  };
}

/** True for a criterion that parsed. */
export function isCriterion(criterion: Criterion | InvalidCriterion): criterion is Criterion {
  return !('error' in criterion);
}

function isOperatorCharacter(code: number): boolean {
  return code === LESS || code === EQUAL || code === GREATER || code === PIPE;
}

/** Keptn tries <=, <, =, >=, > in this order; `|5` has none of them. */
function operatorOf(text: string): Operator | undefined {
  const first = text.charCodeAt(0);
  const orEqual = text.charCodeAt(1) === EQUAL;
  if (first === LESS) return orEqual ? '<=' : '<';
  if (first === EQUAL) return '=';
  if (first === GREATER) return orEqual ? '>=' : '>';
  return undefined;
}

/** Compares as float64 without any tolerance. */
export function satisfies(measured: number, operator: Operator, target: number): boolean {
  switch (operator) {
    case '<':
      return measured < target;
    case '<=':
      return measured <= target;
    case '=':
      return measured === target;
    case '>=':
      return measured >= target;
    case '>':
      return measured > target;
  }
}

/** The number that a relative criterion demands; the order of the arithmetic is Keptn's. */
export function relativeTarget(criterion: Criterion, baseline: number): number {
  const { value } = criterion;
  if (!criterion.percentage) return criterion.increase ? baseline + value : baseline - value;
  return (baseline * (criterion.increase ? 100 + value : 100 - value)) / 100;
}
