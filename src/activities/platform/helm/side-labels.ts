import type { Json, JsonObject } from '../../../contracts/json.ts';
import { isJsonObject } from '../../../contracts/json.ts';
import { PlatformTerminalError } from '../errors.ts';
import { selectingKeys, selects, termsOf } from './label-selector.ts';
import type { MainObjects } from './main-objects.ts';
import { objectAt, stringsAt } from './objects.ts';

const SUFFIX = '-primary';
const MAX_LABEL_LENGTH = 63;
/** Labels that helm-service 0.18 suffixed. */
const KEPTN_LABELS = ['app', 'app.kubernetes.io/name'];

/**
 * Labels that tell primary from canary pods: `app` and `app.kubernetes.io/name` as in helm-service 0.18. A chart that selects
 * by neither would have left both sides in one Service there: then every label that it selects by.
 */
export function sideLabels({ deployment, service }: MainObjects): string[] {
  const matched = selectingKeys(objectAt(deployment, 'spec', 'selector'));
  const selector = service === undefined ? matched : Object.keys(stringsAt(service, 'spec', 'selector'));
  const both = [selector, matched].every((keys) => keys.some((key) => KEPTN_LABELS.includes(key)));
  return both ? KEPTN_LABELS : [...new Set([...KEPTN_LABELS, ...selector, ...matched])];
}

/** Label map with `-primary` behind the values of the given labels; throws PlatformTerminalError above 63 characters. */
export function suffixLabels(
  labels: { [key: string]: string },
  keys: readonly string[],
): { [key: string]: string } {
  const suffixed = Object.entries(labels).map(([key, value]): [string, string] =>
    keys.includes(key) ? [key, suffixedValue(key, value)] : [key, value],
  );
  return Object.fromEntries(suffixed);
}

/** A LabelSelector for the primary's pods: `matchLabels` and the values of `In` follow the suffixed labels. */
export function suffixSelector(selector: JsonObject, keys: readonly string[]): JsonObject {
  const { matchLabels, matchExpressions, ...rest } = selector;
  const labels = suffixLabels(stringsAt(selector, 'matchLabels'), keys);
  const terms = termsOf(selector).map(({ key, operator, values }): JsonObject => {
    if (operator !== 'In' || !keys.includes(key))
      return { key, operator, ...(values.length > 0 ? { values: [...values] } : {}) };
    return { key, operator, values: values.map((value) => suffixedValue(key, value)) };
  });
  return {
    ...rest,
    ...(matchLabels === undefined ? {} : { matchLabels: labels }),
    ...(matchExpressions === undefined ? {} : { matchExpressions: terms }),
  };
}

/** Affinity and spread rules, and peers of network policies, that name the pods' own labels follow them to the primary. */
export function suffixSelectors(value: Json, own: { [key: string]: string }, keys: readonly string[]): Json {
  if (Array.isArray(value)) return value.map((item) => suffixSelectors(item, own, keys));
  if (!isJsonObject(value)) return value;
  if (selects(value, own)) return suffixSelector(value, keys);
  const result: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    // The terms of a node affinity are about labels of nodes.
    if (item !== undefined) result[key] = key === 'nodeAffinity' ? item : suffixSelectors(item, own, keys);
  }
  return result;
}

function suffixedValue(key: string, value: string): string {
  const text = `${value}${SUFFIX}`;
  if (text.length > MAX_LABEL_LENGTH) {
    throw new PlatformTerminalError(
      `label ${key}: ${text} has more than ${MAX_LABEL_LENGTH} characters; shorten it in the chart`,
    );
  }
  return text;
}
