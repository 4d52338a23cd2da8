import type { SliAnswerJson, SliFetch } from '../contracts/activities.ts';
import { type KeptnEvent, type Result, taskEventType } from '../contracts/events.ts';
import { isJsonObject, type Json, type JsonObject } from '../contracts/json.ts';

/** Task name of the events between lighthouse and its SLI providers; it stands in no shipyard (Keptn 1.4.5). */
export const GET_SLI = 'get-sli';

/** `data` of get-sli.triggered; empty lists are left out, as Keptn 1.4.5's event had them. */
export function getSliRequest(fetch: SliFetch): JsonObject {
  const { provider, start, end, indicators, customFilters, deployment } = fetch;
  return {
    ...getSliScope(fetch),
    deployment,
    'get-sli': {
      sliProvider: provider,
      start,
      end,
      ...(indicators.length === 0 ? {} : { indicators }),
      ...(customFilters.length === 0 ? {} : { customFilters }),
    },
  };
}

/** The part of `data` that all get-sli events share; labels are left out when there are none. */
export function getSliScope({ project, stage, service, labels }: SliFetch): JsonObject {
  return { project, stage, service, ...(Object.keys(labels).length === 0 ? {} : { labels }) };
}

/** `data` of get-sli.finished for what a worker's own provider has answered. */
export function getSliFinished(fetch: SliFetch, answer: SliAnswerJson): JsonObject {
  const { status, result, message, start, end, values } = answer;
  const indicatorValues = values.map((value) => ({ ...value, comparedValue: 0 }));
  return {
    ...getSliScope(fetch),
    status,
    result,
    ...(message === '' ? {} : { message }),
    'get-sli': { start, end, ...(indicatorValues.length === 0 ? {} : { indicatorValues }) },
  };
}

/**
 * What an integration's get-sli.finished says; start and end of this event become those of the evaluation. As in
 * Keptn 1.4.5 only the result `fail` counts, and only the statuses `errored` and `aborted`.
 */
export function readGetSliFinished({ data }: KeptnEvent, fetch: SliFetch): SliAnswerJson {
  const block = data[GET_SLI];
  const measured = isJsonObject(block) ? block : {};
  const list: readonly Json[] = Array.isArray(measured.indicatorValues) ? measured.indicatorValues : [];
  return {
    status: data.status === 'errored' || data.status === 'aborted' ? data.status : 'succeeded',
    result: resultOf(data.result),
    message: typeof data.message === 'string' ? data.message : '',
    start: textOr(measured.start, fetch.start),
    end: textOr(measured.end, fetch.end),
    values: list.flatMap((value) => (isJsonObject(value) ? measuredValue(value) : [])),
    ...(isJsonObject(data.labels) ? { labels: data.labels } : {}),
  };
}

/** True for the events with which an integration answers get-sli.triggered. */
export function isGetSliAnswer({ type }: KeptnEvent): boolean {
  return type === taskEventType(GET_SLI, 'started') || type === taskEventType(GET_SLI, 'finished');
}

function resultOf(result: unknown): Result {
  return result === 'fail' || result === 'warning' ? result : 'pass';
}

/**
 * Absent and null parts are empty, 0 and false, as in Go: a failed SLI may come without a value. Another type is an SLI
 * that failed, where Keptn's lighthouse could not read the event at all.
 */
function measuredValue({ metric = '', value, success, message }: JsonObject): SliAnswerJson['values'] {
  if (metric !== null && typeof metric !== 'string') return [];
  const text = typeof message === 'string' && message !== '' ? { message } : {};
  const name = metric ?? '';
  if (value !== undefined && value !== null && typeof value !== 'number')
    return [{ metric: name, value: 0, success: false, message: 'the value is no number' }];
  return [{ metric: name, value: value ?? 0, success: success === true, ...text }];
}

function textOr(value: Json | undefined, fallback: string): string {
  return typeof value === 'string' && value !== '' ? value : fallback;
}
