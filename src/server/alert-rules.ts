import type { ConfigRepo } from '../activities/config/config-repo.ts';
import { ScopedFiles } from '../activities/config/scoped-files.ts';
import { readSloFile } from '../activities/executors/evaluation-slo.ts';
import type { ServiceRef } from '../activities/platform/platform.ts';
import { type AlertGroup, alertRules } from '../activities/sli/alert-rules.ts';
import { readIndicators } from '../activities/sli/sli-files.ts';
import { formatProblem } from '../files/problem.ts';
import { parseRemediation } from '../files/remediation.ts';

/** A Prometheus that takes alert rules; without one they are only told, and whoever runs Prometheus applies them. */
export interface AlertRules {
  /** Replaces the rules of this name; undefined removes them. Throws an Error that says why they were refused. */
  replace(name: string, rules: { groups: AlertGroup[] } | undefined): Promise<void>;
}

/** The alert groups of a service, and what kept a stage from having one. */
export interface ServiceAlerts {
  groups: AlertGroup[];
  problems: string[];
}

/**
 * Makes the alerts of a service in all stages that have both its slo.yaml and its remediation.yaml (prometheus-service 0.9),
 * at the newest commit. A file that cannot be used is a problem of its stage, the others get their alerts.
 */
export async function serviceAlerts(
  config: ConfigRepo,
  { project, service, stages }: { project: string; service: string; stages: readonly string[] },
): Promise<ServiceAlerts> {
  const files = new ScopedFiles(config);
  const alerts: ServiceAlerts = { groups: [], problems: [] };
  for (const stage of stages) {
    try {
      const group = await stageAlerts(files, { project, stage, service });
      if (group !== undefined && group.rules.length > 0) alerts.groups.push(group);
    } catch (error) {
      alerts.problems.push(`stage ${stage}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return alerts;
}

async function stageAlerts(files: ScopedFiles, service: ServiceRef): Promise<AlertGroup | undefined> {
  const written = await files.at(service, 'service', 'remediation.yaml');
  if (written === undefined) return undefined;
  const { slo, refusal } = await readSloFile(files, service);
  if (refusal !== undefined) throw new Error(refusal);
  if (slo === null) return undefined;
  const { model: remediation, problems } = parseRemediation(written.text, 'remediation.yaml');
  if (remediation === undefined) throw new Error(problems.map(formatProblem).join('; '));
  const request = {
    indicators: [],
    start: '',
    end: '',
    deployment: 'primary',
    labels: {},
    customFilters: [],
  };
  const queries = await readIndicators(files, { ...service, ...request }, 'prometheus/sli.yaml');
  return alertRules(service, { slo, remediation, queries });
}
