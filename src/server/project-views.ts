import { type Line, readLine } from '../client/line.ts';
import type { JsonObject } from '../contracts/json.ts';
import { isEnd } from '../sequence/state-view.ts';
import type { ProjectRow, SequenceStateRow, ServiceRow, ServiceView, Store } from '../store/store.ts';
import { gitCredentialsView } from './git-credentials.ts';
import { nanoseconds } from './project-changes.ts';
import { parentStages } from './shipyard-text.ts';

const MANY = 1000;
/** Keptn 1.4.5 answered this for every project, whatever its shipyard says; the file itself stands beside it. */
const SHIPYARD_VERSION = 'spec.keptn.sh/0.2.0';

/** A project as Keptn's API answers it; its stages stand in the order of the shipyard. */
export async function projectView(store: Store, project: ProjectRow): Promise<JsonObject> {
  const { name, creationDate, shipyard, upstreamUrl, upstreamUser } = project;
  const line = await readLine(store, name);
  return {
    projectName: name,
    creationDate,
    shipyard,
    shipyardVersion: SHIPYARD_VERSION,
    isUpstreamAutoProvisioned: upstreamUrl === undefined,
    stages: await stageViews(store, project),
    ...stoppedLine(line),
    ...(upstreamUrl === undefined
      ? {}
      : {
          gitCredentials: await gitCredentialsView(store, {
            name,
            upstreamUrl,
            ...(upstreamUser === undefined ? {} : { upstreamUser }),
          }),
        }),
  };
}

/** Only a stopped line is told: Keptn's answer has no such field. */
function stoppedLine({ state, by, reason, time }: Line): JsonObject {
  if (state === 'running') return {};
  return { line: { state, ...(by === undefined ? {} : { by }), reason: reason ?? '', time: time ?? '' } };
}

/** The project's stages in the order of the shipyard, each with all services. */
export async function stageViews(store: Store, project: ProjectRow): Promise<JsonObject[]> {
  const [services, views, remediations] = await Promise.all([
    store.services(project.name),
    store.serviceViews(project.name),
    store.sequenceStates({ project: project.name, name: 'remediation', limit: MANY, offset: 0 }),
  ]);
  const parents = parentStages(project.shipyard);
  const open = remediations.filter((row) => !isEnd(row.state));
  return project.stages.map((stageName) => ({
    stageName,
    parentStages: parents.get(stageName) ?? [],
    services: services.map((service) => serviceView(service, stageName, { views, open })),
  }));
}

function serviceView(
  service: ServiceRow,
  stage: string,
  { views, open }: { views: ServiceView[]; open: SequenceStateRow[] },
): JsonObject {
  const view = views.find((found) => found.stage === stage && found.service === service.name);
  const remediations = open.filter((row) => row.stage === stage && row.service === service.name);
  return {
    serviceName: service.name,
    creationDate: service.creationDate,
    ...(view?.deployedImage === undefined ? {} : { deployedImage: view.deployedImage }),
    ...(view === undefined
      ? {}
      : {
          lastEventTypes: Object.fromEntries(
            view.lastEvents.map(({ type, eventId, keptnContext, time }) => [
              type,
              // Keptn 1.4.5: nanoseconds here, as in creation dates.
              { eventId, keptnContext, time: nanoseconds(new Date(time)) },
            ]),
          ),
        }),
    openRemediations:
      remediations.length === 0
        ? null
        : remediations.map(({ keptnContext, time }) => ({
            eventId: '',
            keptnContext,
            time,
            type: `sh.keptn.event.${stage}.remediation.triggered`,
          })),
  };
}
