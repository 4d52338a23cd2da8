import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ServerContext } from '../context.ts';
import { parseBody } from '../request-body.ts';

const text = z.string().max(2000).nullish();
const body = z.object({ stage: text, from: text, by: text, reason: text });

/** An ended run once more, from the task that did not pass. */
export function registerRerun(app: FastifyInstance, { runs }: ServerContext): void {
  app.post<{ Params: { project: string; context: string } }>(
    '/slipway/v1/project/:project/run/:context/rerun',
    async (request) => {
      const { stage, from, by, reason } = parseBody(body, request.body);
      return runs.rerun({
        project: request.params.project,
        keptnContext: request.params.context,
        ...(stage ? { stage } : {}),
        ...(from ? { from } : {}),
        ...(by ? { by } : {}),
        ...(reason ? { reason } : {}),
      });
    },
  );
}
