import type { GetSliOutcome, PreviousEvaluation, PreviousValue, SliResult } from '../../gate/types.ts';
import {
  isRecord,
  type JsonRecord,
  readBoolean,
  readList,
  readNumber,
  readRecord,
  readString,
} from './json-reader.ts';

/** SLI values as a provider gives them: `[{metric, value, success, message}]`. */
export function readSliResults(value: unknown, where: string): SliResult[] {
  return readList(value, where).map((item, index) => readSliResult(item, `${where}[${index}]`));
}

function readSliResult(item: unknown, where: string): SliResult {
  const record = readRecord(item, where);
  const message = readString(record.message, `${where}.message`);
  const comparedValue = readNumber(record.comparedValue, `${where}.comparedValue`);
  return {
    metric: readString(record.metric, `${where}.metric`),
    value: readNumber(record.value, `${where}.value`),
    success: readBoolean(record.success, `${where}.success`),
    ...(message === '' ? {} : { message }),
    ...(comparedValue === 0 ? {} : { comparedValue }),
  };
}

/**
 * Earlier evaluations, newest first: `[{id, result, invalidated, indicatorResults}]`, each indicator either
 * `{metric, value, success}` or Keptn's `{value: {metric, value, success}}`.
 */
export function readPreviousEvaluations(value: unknown, where: string): PreviousEvaluation[] {
  return readList(value, where).map((item, index) => readPreviousEvaluation(item, `${where}[${index}]`));
}

function readPreviousEvaluation(item: unknown, where: string): PreviousEvaluation {
  const record = readRecord(item, where);
  const indicators = record.indicatorResults;
  return {
    id: readString(record.id, `${where}.id`),
    result: readString(record.result, `${where}.result`),
    invalidated: readBoolean(record.invalidated, `${where}.invalidated`),
    indicatorResults:
      indicators === undefined || indicators === null
        ? null
        : readList(indicators, `${where}.indicatorResults`).map((indicator, index) =>
            readPreviousValue(indicator, `${where}.indicatorResults[${index}]`),
          ),
  };
}

function readPreviousValue(item: unknown, where: string): PreviousValue {
  if (item === null) return null;
  const record = readRecord(item, where);
  // Keptn's own shape keeps the measurement one level down; null there means that it was never received.
  if (record.metric === undefined && record.value === null) return null;
  const measured: JsonRecord = isRecord(record.value) ? record.value : record;
  if (measured.value === null) return null;
  return {
    metric: readString(measured.metric, `${where}.metric`),
    value: readNumber(measured.value, `${where}.value`),
    success: readBoolean(measured.success, `${where}.success`),
  };
}

/** What get-sli.finished said of itself. */
export function readGetSli(value: unknown, where: string): GetSliOutcome {
  if (value === undefined || value === null) return {};
  const record = readRecord(value, where);
  return {
    status: readString(record.status, `${where}.status`),
    result: readString(record.result, `${where}.result`),
    message: readString(record.message, `${where}.message`),
  };
}
