import type { PastEvaluation } from '../../gate/backtest.ts';
import type { SliResult } from '../../gate/types.ts';
import {
  isRecord,
  type JsonRecord,
  readBoolean,
  readList,
  readNumber,
  readRecord,
  readString,
} from './json-reader.ts';

/**
 * One line of exported evaluations: the export of the store (`{id, time, project, …, evaluation}`), an
 * evaluation.finished event (`{id, time, data: {…}}`) or a line of history.json.
 */
export function readPastEvaluation(value: unknown, where: string): PastEvaluation {
  const record = readRecord(value, where);
  const data = isRecord(record.data) ? record.data : record;
  const evaluation = isRecord(data.evaluation) ? data.evaluation : data;
  const text = (key: string): string => readString(data[key], `${where}.${key}`);
  return {
    id: readString(record.id, `${where}.id`),
    result: text('result'),
    score: readNumber(evaluation.score, `${where}.evaluation.score`),
    invalidated: invalidated(record, data, where),
    time: readString(record.time ?? data.time, `${where}.time`),
    project: text('project'),
    stage: text('stage'),
    service: text('service'),
    labels: readLabels(data.labels, `${where}.labels`),
    values: readList(evaluation.indicatorResults, `${where}.indicatorResults`).flatMap((indicator, index) =>
      readMeasured(indicator, `${where}.indicatorResults[${index}]`),
    ),
  };
}

/** The store writes the time and the reason of an invalidation instead of a flag. */
function invalidated(record: JsonRecord, data: JsonRecord, where: string): boolean {
  const flag = record.invalidated ?? data.invalidated;
  return isRecord(flag) || typeof flag === 'string' ? true : readBoolean(flag, `${where}.invalidated`);
}

function readLabels(value: unknown, where: string): Record<string, string> {
  if (value === undefined || value === null) return {};
  return Object.fromEntries(
    Object.entries(readRecord(value, where)).map(([key, label]) => [key, String(label)]),
  );
}

/** The measured value of an indicator; objectives that never had one are left out, so that they are missing again. */
function readMeasured(indicator: unknown, where: string): SliResult[] {
  if (indicator === null) return [];
  const record = readRecord(indicator, where);
  const measured: JsonRecord = isRecord(record.value) ? record.value : record;
  const message = readString(measured.message, `${where}.message`);
  if (measured.value === null || message === 'no value received from SLI provider') return [];
  return [
    {
      metric: readString(measured.metric, `${where}.metric`),
      value: readNumber(measured.value, `${where}.value`),
      success: readBoolean(measured.success, `${where}.success`),
      ...(message === '' ? {} : { message }),
    },
  ];
}
