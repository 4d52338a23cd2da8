import type { Json, JsonObject } from '../../../contracts/json.ts';
import { isJsonObject } from '../../../contracts/json.ts';
import { PlatformTerminalError } from '../errors.ts';
import type { MainObjects } from './main-objects.ts';
import { stringsAt } from './objects.ts';

const SUFFIX = '-primary';
const MAX_LABEL_LENGTH = 63;
/** Labels that helm-service 0.18 suffixed. */
const KEPTN_LABELS = ['app', 'app.kubernetes.io/name'];

/**
 * Labels that tell primary from canary pods: `app` and `app.kubernetes.io/name` as in helm-service 0.18. A chart that selects
 * by neither would have left both sides in one Service there: then every label that it selects by.
 */
export function sideLabels({ deployment, service }: MainObjects): string[] {
  const selector = Object.keys(stringsAt(service, 'spec', 'selector'));
  const matched = Object.keys(stringsAt(deployment, 'spec', 'selector', 'matchLabels'));
  const both = [selector, matched].every((keys) => keys.some((key) => KEPTN_LABELS.includes(key)));
  return both ? KEPTN_LABELS : [...new Set([...KEPTN_LABELS, ...selector, ...matched])];
}

/** Label map with `-primary` behind the values of the given labels; throws PlatformTerminalError above 63 characters. */
export function suffixLabels(
  labels: { [key: string]: string },
  keys: readonly string[],
): { [key: string]: string } {
  const suffixed = Object.entries(labels).map(([key, value]): [string, string] => {
    if (!keys.includes(key)) return [key, value];
    const text = `${value}${SUFFIX}`;
    if (text.length > MAX_LABEL_LENGTH) {
      throw new PlatformTerminalError(
        `label ${key}: ${text} has more than ${MAX_LABEL_LENGTH} characters; shorten it in the chart`,
      );
    }
    return [key, text];
  });
  return Object.fromEntries(suffixed);
}

/** Affinity and spread rules that name the pods' own labels follow them to the primary. */
export function suffixSelectors(value: Json, own: { [key: string]: string }, keys: readonly string[]): Json {
  if (Array.isArray(value)) return value.map((item) => suffixSelectors(item, own, keys));
  if (!isJsonObject(value)) return value;
  const result: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    const isOwn = key === 'matchLabels' && isJsonObject(item) && matches(stringsAt({ item }, 'item'), own);
    result[key] = isOwn ? suffixLabels(stringsAt({ item }, 'item'), keys) : suffixSelectors(item, own, keys);
  }
  return result;
}

/** True when a selector's labels are all among the pod's labels; an empty selector matches nothing here. */
export function matches(selector: { [key: string]: string }, labels: { [key: string]: string }): boolean {
  const entries = Object.entries(selector);
  return entries.length > 0 && entries.every(([key, value]) => labels[key] === value);
}
