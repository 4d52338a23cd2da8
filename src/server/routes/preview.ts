import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  ENGINE_SOURCE,
  type EventData,
  KEPTN_SPEC_VERSION,
  type KeptnEvent,
  taskEventType,
} from '../../contracts/events.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { DeploymentPreview, PreviewRequest } from '../../contracts/preview.ts';
import { simulate } from '../../sequence/simulate.ts';
import type { Shipyard } from '../../sequence/types.ts';
import type { ServerContext } from '../context.ts';
import { ApiError } from '../errors.ts';
import { parseBody } from '../request-body.ts';
import { usableShipyard } from '../shipyard-text.ts';

const DEPLOYMENT = 'deployment';

const body = z.object({
  stage: z.string().min(1).max(200),
  service: z.string().min(1).max(200),
  sequence: z.string().min(1).max(200),
  configurationChange: z.custom<JsonObject>((value) => typeof value === 'object' && value !== null).nullish(),
});

/** What a sequence and those that it triggers would deploy, stage by stage, if every task passed. Nothing starts. */
export function registerPreview(app: FastifyInstance, context: ServerContext): void {
  const path = '/slipway/v1/project/:project/preview';
  app.post<{ Params: { project: string } }>(path, async (request): Promise<DeploymentPreview[]> => {
    const { project } = request.params;
    const wanted = parseBody(body, request.body);
    if (!(await context.store.project(project))) throw new ApiError(404, `Project not found: ${project}`);
    const data: EventData = {
      project,
      stage: wanted.stage,
      service: wanted.service,
      ...(wanted.configurationChange ? { configurationChange: wanted.configurationChange } : {}),
    };
    const shipyard = await readShipyard(context, project);
    return context.runs.preview(deployments(shipyard, data, wanted.sequence));
  });
}

async function readShipyard({ config }: ServerContext, project: string): Promise<Shipyard> {
  const file = await config.read({ project }, 'shipyard.yaml');
  return usableShipyard(new TextDecoder().decode(file?.content ?? new Uint8Array()));
}

/** One request for each deployment task that would run, with the properties that the shipyard gives it. */
function deployments(shipyard: Shipyard, data: EventData, sequence: string): PreviewRequest[] {
  const { project, stage, service } = data;
  const trigger = { project, stage, service, sequence, data };
  const { runs } = simulate({ shipyard, trigger, responses: [], assume: 'pass' });
  if (runs.length === 0) throw new ApiError(400, `stage ${stage} has no sequence ${sequence}`);
  return runs.flatMap((run) => {
    if (!run.tasks.some(({ name }) => name === DEPLOYMENT)) return [];
    const properties = propertiesOf(shipyard, run);
    const task: EventData = { ...data, stage: run.stage, [DEPLOYMENT]: properties };
    return [{ properties, triggered: triggeredEvent(task) }];
  });
}

function propertiesOf(shipyard: Shipyard, run: { stage: string; sequence: string }): JsonObject {
  const stage = shipyard.stages.find(({ name }) => name === run.stage);
  const sequence = stage?.sequences.find(({ name }) => name === run.sequence);
  return sequence?.tasks.find(({ name }) => name === DEPLOYMENT)?.properties ?? {};
}

function triggeredEvent(data: EventData): KeptnEvent {
  return {
    id: randomUUID(),
    type: taskEventType(DEPLOYMENT, 'triggered'),
    source: ENGINE_SOURCE,
    specversion: '1.0',
    contenttype: 'application/json',
    time: new Date().toISOString(),
    shkeptncontext: randomUUID(),
    shkeptnspecversion: KEPTN_SPEC_VERSION,
    data,
  };
}
