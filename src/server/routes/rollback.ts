import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ServerContext } from '../context.ts';
import { ApiError } from '../errors.ts';
import { parseBody } from '../request-body.ts';

const body = z.object({ by: z.string().max(200).nullish(), reason: z.string().max(2000).nullish() });

/** Back to the old version that the last release keeps warm. */
export function registerRollback(app: FastifyInstance, { runs, store }: ServerContext): void {
  app.post<{ Params: { project: string; stage: string; service: string } }>(
    '/slipway/v1/project/:project/stage/:stage/service/:service/rollback',
    async (request) => {
      const { project, stage, service } = request.params;
      const { by, reason } = parseBody(body, request.body);
      const found = await store.project(project);
      if (found === undefined) throw new ApiError(404, `Project not found: ${project}`);
      if (!found.stages.includes(stage)) throw new ApiError(404, `Stage not found: ${stage}`);
      return runs.rollback({
        project,
        stage,
        service,
        ...(by ? { by } : {}),
        ...(reason ? { reason } : {}),
      });
    },
  );
}
