import type { RemediationFile } from '../../files/remediation.ts';
import { isCriterion, parseCriterion } from '../../gate/criterion.ts';
import type { Objective, Slo } from '../../gate/types.ts';
import { formatDuration } from '../../sequence/duration.ts';
import type { ServiceRef } from '../platform/platform.ts';
import { prometheusQuery } from './prometheus-queries.ts';

/** How long a criterion must be missed before the alert fires (prometheus-service 0.9). */
const FOR_MS = 600_000;
/** Window of the query in milliseconds (prometheus-service 0.9). */
const WINDOW_MS = 180_000;

/** An alert as a Prometheus rule file has it. */
export type AlertRule = {
  alert: string;
  expr: string;
  for: string;
  /** Prometheus 2.42 and newer. */
  keep_firing_for?: string;
  labels: { [name: string]: string };
  annotations: { [name: string]: string };
};

/** A group of a Prometheus rule file. */
export type AlertGroup = { name: string; rules: AlertRule[] };

/** What the alerts of a service in a stage are made of. */
export interface AlertSources {
  slo: Slo;
  remediation: RemediationFile;
  /** Queries of `prometheus/sli.yaml` by indicator, all levels merged. */
  queries: ReadonlyMap<string, string>;
}

/**
 * The alerts that tell when a service misses its objectives (prometheus-service 0.9, `configure monitoring`): one for each
 * objective with an absolute pass criterion of `<` or `>`, firing when the comparison is the other way round. Of several such
 * criteria of one indicator the last wins; warning criteria, weights, AND and OR are not looked at. The alert's summary is the
 * indicator's name: what `problemType` in remediation.yaml has to name. `spec.x-alerts` there sets other times.
 */
export function alertRules(service: ServiceRef, sources: AlertSources): AlertGroup {
  const rules = new Map<string, AlertRule>();
  for (const objective of sources.slo.objectives) {
    const query = queryOf(service, objective.sli, sources);
    const limit = lastLimit(objective);
    if (query === undefined || limit === undefined) continue;
    rules.set(objective.sli, rule(service, objective.sli, { expr: `(${query}) ${limit}`, sources }));
  }
  const { project, stage, service: name } = service;
  return { name: `${name} ${project}-${stage} alerts`, rules: [...rules.values()] };
}

function queryOf(service: ServiceRef, indicator: string, { slo, queries, remediation }: AlertSources) {
  const customFilters = Object.entries(slo.filter).map(([key, value]) => ({ key, value }));
  const request = { ...service, indicators: [indicator], start: '', end: '', labels: {}, customFilters };
  const seconds = (remediation.alerts?.windowMs ?? WINDOW_MS) / 1000;
  return prometheusQuery(indicator, { ...request, deployment: 'primary' }, { queries, seconds })?.trim();
}

/** The last usable pass criterion turned round, for example `> 600` for `<=600`. */
function lastLimit({ pass }: Objective): string | undefined {
  const usable = pass
    .flatMap(({ criteria }) => criteria)
    .map((text) => parseCriterion(text))
    .filter(isCriterion)
    .filter(({ relative, operator }) => !relative && operator !== '=');
  const last = usable.at(-1);
  return last === undefined ? undefined : `${last.operator.startsWith('<') ? '>' : '<'} ${last.value}`;
}

function rule(
  { project, stage, service }: ServiceRef,
  indicator: string,
  { expr, sources }: { expr: string; sources: AlertSources },
): AlertRule {
  const { forMs = FOR_MS, keepFiringForMs } = sources.remediation.alerts ?? {};
  return {
    alert: indicator,
    expr,
    for: formatDuration(forMs),
    ...(keepFiringForMs === undefined ? {} : { keep_firing_for: formatDuration(keepFiringForMs) }),
    labels: {
      severity: 'webhook',
      pod_name: `${service}-primary`,
      service,
      stage,
      project,
      deployment: 'primary',
    },
    // Keptn wrote the odd plural; its receiver, and Slipway's, read it.
    annotations: { summary: indicator, descriptions: 'Pod name {{ $labels.pod_name }}' },
  };
}
