import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { readLine } from '../../client/line.ts';
import type { ServerContext } from '../context.ts';
import { ApiError } from '../errors.ts';
import { resumeLine, stopLine } from '../line-control.ts';
import { parseBody } from '../request-body.ts';

const body = z.object({
  state: z.enum(['stopped', 'running']),
  by: z.string().max(200).nullish(),
  reason: z.string().max(2000).nullish(),
});

/** The line of a project: whether anything new may start. */
export function registerLine(app: FastifyInstance, context: ServerContext): void {
  const path = '/slipway/v1/project/:project/line';
  const { store } = context;
  const requireProject = async (project: string): Promise<void> => {
    if (!(await store.project(project))) throw new ApiError(404, `Project not found: ${project}`);
  };

  app.get<{ Params: { project: string } }>(path, async (request) => {
    await requireProject(request.params.project);
    return readLine(store, request.params.project);
  });

  app.post<{ Params: { project: string } }>(path, async (request) => {
    const { project } = request.params;
    const { state, by, reason } = parseBody(body, request.body);
    await requireProject(project);
    const change = { ...(by ? { by } : {}), ...(reason ? { reason } : {}) };
    if (state === 'running') return resumeLine(context, project, change);
    if (!reason) throw new ApiError(400, 'reason is missing: say why the line is stopped');
    return stopLine(context, project, change);
  });
}
