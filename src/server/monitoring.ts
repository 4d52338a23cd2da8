import { randomUUID } from 'node:crypto';
import { KEPTN_SPEC_VERSION, type KeptnEvent } from '../contracts/events.ts';
import type { Store } from '../store/store.ts';

/** Monitoring tools that SLIs can be fetched from. */
const PROVIDERS = ['prometheus', 'dynatrace', 'datadog', 'sumologic'];

/**
 * `keptn configure monitoring`: notes the project's SLI provider and answers with the configure-monitoring.finished event that
 * the command line waits for (remote integrations cannot do it: they never see monitoring.configure).
 */
export async function configureMonitoring(store: Store, event: KeptnEvent, now: Date): Promise<void> {
  const provider = String(event.data.type);
  const known = PROVIDERS.includes(provider);
  const project = await store.project(event.data.project);
  if (project && known) await store.saveProject({ ...project, sliProvider: provider });
  const { project: name, stage, service } = event.data;
  const finished: KeptnEvent = {
    id: randomUUID(),
    type: 'sh.keptn.event.configure-monitoring.finished',
    source: `${provider}-service`,
    specversion: '1.0',
    contenttype: 'application/json',
    time: now.toISOString(),
    shkeptncontext: event.shkeptncontext,
    shkeptnspecversion: KEPTN_SPEC_VERSION,
    triggeredid: event.id,
    data: {
      project: name,
      stage,
      service,
      status: known ? 'succeeded' : 'errored',
      result: known ? 'pass' : 'fail',
      message: known
        ? `Monitoring successfully configured: the SLIs of project ${name} come from ${provider}`
        : `"${provider}" is no monitoring tool: use one of ${PROVIDERS.join(', ')}`,
    },
  };
  await store.appendEvents([event, finished]);
}
