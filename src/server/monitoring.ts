import { randomUUID } from 'node:crypto';
import type { ConfigRepo } from '../activities/config/config-repo.ts';
import { KEPTN_SPEC_VERSION, type KeptnEvent } from '../contracts/events.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { ProjectRow, Store } from '../store/store.ts';
import { type AlertRules, serviceAlerts } from './alert-rules.ts';

/** Monitoring tools that SLIs can be fetched from. */
const PROVIDERS = ['prometheus', 'dynatrace', 'datadog', 'sumologic'];

/** What configuring needs. */
export interface MonitoringParts {
  store: Store;
  config: ConfigRepo;
  /** Absent: alert rules are told in the answer only. */
  alertRules?: AlertRules | undefined;
  now: () => Date;
}

/** How a request to configure monitoring ended. */
interface Configured {
  result: 'pass' | 'fail';
  message: string;
  /** `data.x-alert-rules`: a Prometheus rule file as JSON. */
  rules?: JsonObject;
}

/**
 * `keptn configure monitoring`: notes the project's SLI provider, makes the alert rules of the service, and answers with the
 * configure-monitoring.finished event that the command line waits for (remote integrations cannot do it: they never see
 * monitoring.configure).
 */
export async function configureMonitoring(parts: MonitoringParts, event: KeptnEvent): Promise<void> {
  const { store, now } = parts;
  const provider = String(event.data.type);
  const { project: name, stage, service } = event.data;
  const { result, message, rules } = await configure(parts, { provider, project: name, service });
  const finished: KeptnEvent = {
    id: randomUUID(),
    type: 'sh.keptn.event.configure-monitoring.finished',
    source: `${provider}-service`,
    specversion: '1.0',
    contenttype: 'application/json',
    time: now().toISOString(),
    shkeptncontext: event.shkeptncontext,
    shkeptnspecversion: KEPTN_SPEC_VERSION,
    triggeredid: event.id,
    data: {
      project: name,
      stage,
      service,
      status: result === 'pass' ? 'succeeded' : 'errored',
      result,
      message,
      ...(rules === undefined ? {} : { 'x-alert-rules': rules }),
    },
  };
  await store.appendEvents([event, finished]);
}

async function configure(
  parts: MonitoringParts,
  wanted: { provider: string; project: string; service: string },
): Promise<Configured> {
  const { provider, service } = wanted;
  if (!PROVIDERS.includes(provider)) {
    const message = `"${provider}" is no monitoring tool: use one of ${PROVIDERS.join(', ')}`;
    return { result: 'fail', message };
  }
  const project = await parts.store.project(wanted.project);
  if (project) await parts.store.saveProject({ ...project, sliProvider: provider });
  const done = `Monitoring successfully configured: the SLIs of project ${wanted.project} come from ${provider}`;
  if (provider !== 'prometheus' || service === '' || !project) return { result: 'pass', message: done };
  const alerts = await configureAlerts(parts, project, service);
  return { ...alerts, message: `${done}${alerts.message}` };
}

/** Prometheus alone takes rules; the alerts of the other tools are made there. */
async function configureAlerts(
  { config, alertRules }: MonitoringParts,
  { name, stages }: ProjectRow,
  service: string,
): Promise<Configured> {
  const { groups, problems } = await serviceAlerts(config, { project: name, service, stages });
  const names = groups.flatMap((group) => group.rules.map(({ alert }) => alert));
  const told = [...new Set(names)].join(', ');
  const unusable =
    problems.length === 0 ? '' : `. No alerts where a file cannot be used: ${problems.join('; ')}`;
  const result = problems.length === 0 ? 'pass' : 'fail';
  const answer = groups.length === 0 ? {} : { rules: { groups } };
  try {
    await alertRules?.replace(`${name}.${service}`, groups.length === 0 ? undefined : { groups });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { result: 'fail', message: `. Its alerts (${told}) were not taken: ${reason}`, ...answer };
  }
  if (groups.length === 0) return { result, message: unusable };
  const where =
    alertRules === undefined ? 'give them to your Prometheus, -o yaml prints them' : 'they are in Prometheus';
  return { result, message: `. Alerts of ${service}: ${told}; ${where}${unusable}`, ...answer };
}
