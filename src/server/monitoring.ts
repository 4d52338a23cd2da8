import { randomUUID } from 'node:crypto';
import type { ConfigRepo } from '../activities/config/config-repo.ts';
import { subscribers } from '../activities/executors/registrations.ts';
import { KEPTN_SPEC_VERSION, type KeptnEvent, taskEventType } from '../contracts/events.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { ProjectRow, Store } from '../store/store.ts';
import { type AlertRules, serviceAlerts } from './alert-rules.ts';

/** Monitoring tools that Keptn had services for; any other name needs an integration that measures. */
const PROVIDERS = ['prometheus', 'dynatrace', 'datadog', 'sumologic'];

const GET_SLI = taskEventType('get-sli', 'triggered');

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
  const project = await parts.store.project(wanted.project);
  if (!PROVIDERS.includes(provider) && !(await isMeasured(parts, project, service))) {
    const message = `"${provider}" is no monitoring tool: use one of ${PROVIDERS.join(', ')}, or start the integration`;
    return { result: 'fail', message: `${message} that measures by this name and subscribes to ${GET_SLI}` };
  }
  if (project) await parts.store.saveProject({ ...project, sliProvider: provider });
  const done = `Monitoring successfully configured: the SLIs of project ${wanted.project} come from ${provider}`;
  if (provider !== 'prometheus' || service === '' || !project) return { result: 'pass', message: done };
  const alerts = await configureAlerts(parts, project, service);
  return { ...alerts, message: `${done}${alerts.message}` };
}

/** True when a living integration subscribes to exactly get-sli.triggered in a stage: it knows names that we do not. */
async function isMeasured(
  { store, now }: MonitoringParts,
  project: ProjectRow | undefined,
  service: string,
): Promise<boolean> {
  const { name = '', stages = [] } = project ?? {};
  const found = stages.map((stage) =>
    subscribers(store, { type: GET_SLI, data: { project: name, stage, service } }, now().getTime()),
  );
  return (await Promise.all(found)).flat().some(({ exact }) => exact);
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
