import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../context.ts';
import { ApiError } from '../errors.ts';
import { pageRequest, queryOf, slicePage } from '../paging.ts';
import { projectBody } from '../project-body.ts';
import { createProject, deleteProject, updateProject } from '../project-changes.ts';
import { projectView } from '../project-views.ts';
import { parseBody } from '../request-body.ts';

/** Projects: list, read, create, update, delete. */
export function registerProjects(app: FastifyInstance, context: ServerContext): void {
  const { store, limits } = context;

  app.get('/controlPlane/v1/project', async (request) => {
    const page = slicePage(await store.projects(), pageRequest(queryOf(request.query)));
    const projects = await Promise.all(page.items.map((row) => projectView(store, row)));
    return { projects, nextPageKey: page.nextPageKey, totalCount: page.totalCount };
  });

  app.get<{ Params: { project: string } }>('/controlPlane/v1/project/:project', async (request) => {
    const { project } = request.params;
    const row = await store.project(project);
    if (!row) throw new ApiError(404, `Project not found: ${project}`);
    return projectView(store, row);
  });

  app.post('/controlPlane/v1/project', { bodyLimit: limits.resourceBytes }, async (request, reply) => {
    await createProject(context, parseBody(projectBody, request.body));
    return reply.code(201).send();
  });

  app.put('/controlPlane/v1/project', { bodyLimit: limits.resourceBytes }, async (request, reply) => {
    await updateProject(context, parseBody(projectBody, request.body));
    return reply.code(201).send();
  });

  app.delete<{ Params: { project: string } }>('/controlPlane/v1/project/:project', async (request) => ({
    message: await deleteProject(context, request.params.project),
  }));
}
