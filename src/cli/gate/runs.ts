import type { KeptnEvent } from '../../contracts/events.ts';
import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';

/** One objective of a stored evaluation, ready to be drawn. */
export interface RunIndicator {
  readonly metric: string;
  readonly name: string;
  readonly status: string;
  /** Null when it was not measured. */
  readonly value: number | null;
  /** Targets of the pass criteria, in the unit of the value. */
  readonly passTargets: readonly number[];
  readonly warningTargets: readonly number[];
}

/** One stored evaluation, ready to be drawn. */
export interface EvaluationRun {
  readonly id: string;
  readonly time: string;
  /** Build or version label when there is one, else empty. */
  readonly build: string;
  readonly result: string;
  readonly score: number;
  readonly indicators: readonly RunIndicator[];
}

/** Reads evaluation.finished events, newest first as the API gives them, into runs, oldest first. */
export function runsOf(events: readonly KeptnEvent[]): EvaluationRun[] {
  return [...events].reverse().map((event) => {
    const { evaluation, labels, result } = event.data;
    const scored = objectOf(evaluation);
    return {
      id: event.id,
      time: event.time,
      build: textOf(objectOf(labels).buildId) || textOf(objectOf(labels).version),
      result: result ?? 'fail',
      score: numberOf(scored.score) ?? 0,
      indicators: listOf(scored.indicatorResults).map((indicator) => indicatorOf(objectOf(indicator))),
    };
  });
}

/** Every SLI of the runs in the order of the newest run, then those of older runs. */
export function metricsOf(runs: readonly EvaluationRun[]): { metric: string; name: string }[] {
  const names = new Map<string, string>();
  for (const run of [...runs].reverse()) {
    for (const { metric, name } of run.indicators) if (!names.has(metric)) names.set(metric, name);
  }
  return [...names].map(([metric, name]) => ({ metric, name }));
}

function indicatorOf(indicator: JsonObject): RunIndicator {
  const measured = objectOf(indicator.value);
  const metric = textOf(measured.metric);
  return {
    metric,
    name: textOf(indicator.displayName) || metric,
    status: textOf(indicator.status),
    value: measured.success === true ? numberOf(measured.value) : null,
    passTargets: targetsOf(indicator.passTargets),
    warningTargets: targetsOf(indicator.warningTargets),
  };
}

function targetsOf(targets: Json | undefined): number[] {
  return listOf(targets).flatMap((target) => numberOf(objectOf(target).targetValue) ?? []);
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: Json | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
