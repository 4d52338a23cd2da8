import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { JsonObject } from '../../contracts/json.ts';
import type { ServerContext } from '../context.ts';
import { ApiError } from '../errors.ts';
import { pageRequest, queryOf, slicePage } from '../paging.ts';
import { nanoseconds } from '../project-changes.ts';
import { stageViews } from '../project-views.ts';
import { parseBody } from '../request-body.ts';

/** Keptn 1.4.5 took any name of a folder; here it is a part of workflow ids and addresses too. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** A Helm release is called after project, stage and service, and has at most 53 characters (Keptn 1.4.5). */
const MAX_NAME = 43;

const createBody = z.object({ serviceName: z.string().nullish() });

type StageParams = { Params: { project: string; stage: string } };
type ServiceParams = { Params: { project: string; stage: string; service: string } };

/** Stages and services. */
export function registerServices(app: FastifyInstance, context: ServerContext): void {
  const { store, config, runs } = context;
  const stagesOf = async (project: string): Promise<JsonObject[]> => {
    const row = await store.project(project);
    if (!row) throw new ApiError(404, 'project not found');
    return stageViews(store, row);
  };
  const stageOf = async (project: string, name: string): Promise<JsonObject> => {
    const stage = (await stagesOf(project)).find((found) => found.stageName === name);
    if (!stage) throw new ApiError(404, 'stage not found');
    return stage;
  };
  const base = '/controlPlane/v1/project/:project';

  app.get<{ Params: { project: string } }>(`${base}/stage`, async (request) => {
    const stages = (await stagesOf(request.params.project)).sort(byName('stageName'));
    const page = slicePage(stages, pageRequest(queryOf(request.query), Math.max(20, stages.length)));
    return { stages: page.items, nextPageKey: page.nextPageKey, totalCount: page.totalCount };
  });

  app.get<StageParams>(`${base}/stage/:stage`, (request) =>
    stageOf(request.params.project, request.params.stage),
  );

  app.get<StageParams>(`${base}/stage/:stage/service`, async (request) => {
    const services = servicesOf(await stageOf(request.params.project, request.params.stage));
    const page = slicePage(services, pageRequest(queryOf(request.query)));
    return { services: page.items, nextPageKey: page.nextPageKey, totalCount: page.totalCount };
  });

  app.get<ServiceParams>(`${base}/stage/:stage/service/:service`, async (request) => {
    const { project, stage, service } = request.params;
    const found = servicesOf(await stageOf(project, stage)).find((one) => one.serviceName === service);
    if (!found) throw new ApiError(404, 'service not found');
    return found;
  });

  app.post<{ Params: { project: string } }>(`${base}/service`, async (request) => {
    const { project } = request.params;
    const { serviceName } = parseBody(createBody, request.body);
    if (!serviceName) throw new ApiError(400, 'must provide a service name');
    if (serviceName.length > MAX_NAME) {
      throw new ApiError(400, `service name exceeds maximum size of ${MAX_NAME} characters`);
    }
    if (!NAME.test(serviceName)) {
      throw new ApiError(
        400,
        'the service name is not valid: use letters, digits, dots, dashes and underscores, beginning with a letter or digit',
      );
    }
    if (!(await store.project(project))) {
      throw new ApiError(500, `could not get stages of project ${project}: project not found`);
    }
    if ((await store.services(project)).some((found) => found.name === serviceName)) {
      throw new ApiError(409, 'service already exists');
    }
    await config.createService(project, serviceName);
    await store.saveService({ project, name: serviceName, creationDate: nanoseconds(context.now()) });
    return { message: '' };
  });

  app.delete<{ Params: { project: string; service: string } }>(
    `${base}/service/:service`,
    async (request) => {
      const { project, service } = request.params;
      const row = await store.project(project);
      if (!row) {
        throw new ApiError(500, `could not retrieve stages of project ${project}: project not found`);
      }
      if ((await store.services(project)).some((found) => found.name === service)) {
        await config.deleteService(project, service);
        await store.deleteService(project, service);
      }
      // Also for a service that is gone already: what it has deployed may be left of a call that could not be finished.
      if (NAME.test(service)) await runs.undeploy({ project, service, stages: row.stages });
      return { message: '' };
    },
  );
}

function servicesOf(stage: JsonObject): JsonObject[] {
  return (Array.isArray(stage.services) ? stage.services : []) as JsonObject[];
}

function byName(key: string): (a: JsonObject, b: JsonObject) => number {
  return (a, b) => (String(a[key]) < String(b[key]) ? -1 : 1);
}
