import type { JsonObject } from '../../../contracts/json.ts';
import { objectsAt, stringsAt } from './objects.ts';

/** One term of a LabelSelector's `matchExpressions`. */
export interface SelectorTerm {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

/** Terms of a LabelSelector's `matchExpressions`; empty when it has none. */
export function termsOf(selector: JsonObject | undefined): SelectorTerm[] {
  return objectsAt(selector, 'matchExpressions').map(({ key, operator, values }) => ({
    key: String(key),
    operator: String(operator),
    values: Array.isArray(values) ? values.map(String) : [],
  }));
}

/** True when a LabelSelector (`matchLabels`, `matchExpressions`) meets these labels; an empty one selects nothing here. */
export function selects(selector: JsonObject | undefined, labels: { [key: string]: string }): boolean {
  const pairs = Object.entries(stringsAt(selector, 'matchLabels'));
  const terms = termsOf(selector);
  if (pairs.length + terms.length === 0) return false;
  return (
    pairs.every(([key, value]) => labels[key] === value) && terms.every((term) => meetsTerm(term, labels))
  );
}

/** Keys by whose values a LabelSelector tells pods apart. */
export function selectingKeys(selector: JsonObject | undefined): string[] {
  const terms = termsOf(selector).filter(({ operator }) => operator === 'In');
  return [...Object.keys(stringsAt(selector, 'matchLabels')), ...terms.map(({ key }) => key)];
}

function meetsTerm({ key, operator, values }: SelectorTerm, labels: { [key: string]: string }): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    default:
      return value === undefined;
  }
}
