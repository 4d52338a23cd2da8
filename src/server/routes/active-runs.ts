import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../context.ts';
import { ApiError } from '../errors.ts';
import { queryOf } from '../paging.ts';

/** What the runs of a project wait for now: their place in the queue, and who is missing. */
export function registerActiveRuns(app: FastifyInstance, { store, runs }: ServerContext): void {
  app.get<{ Params: { project: string } }>('/slipway/v1/project/:project/run', async (request) => {
    const { project } = request.params;
    if (!(await store.project(project))) throw new ApiError(404, `Project not found: ${project}`);
    const { keptnContext } = queryOf(request.query);
    return { runs: await runs.active({ project, ...(keptnContext ? { keptnContext } : {}) }) };
  });
}
