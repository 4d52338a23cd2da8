import { isJsonObject, type JsonObject } from './json.ts';
import { copyObject } from './merge.ts';

/** The labels of an event's data, ready to be laid into another's: nothing when there are none (Keptn 1.4.5 left empty ones out). */
export function labelsOf(data: JsonObject): { labels?: JsonObject } {
  const { labels } = data;
  if (!isJsonObject(labels) || Object.keys(labels).length === 0) return {};
  return { labels: copyObject(labels) };
}
