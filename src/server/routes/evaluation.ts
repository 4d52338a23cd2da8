import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { KEPTN_SPEC_VERSION, sequenceEventType } from '../../contracts/events.ts';
import { resolveWindow } from '../../gate/timeframe.ts';
import type { ServerContext } from '../context.ts';
import { ApiError } from '../errors.ts';
import { API_SOURCE } from '../incoming-event.ts';
import { parseBody } from '../request-body.ts';

const text = z.string().nullish();
const body = z.object({
  start: text,
  end: text,
  timeframe: text,
  labels: z.record(z.string(), z.string()).nullish(),
  gitcommitid: text,
});

/** Keptn's codes for an evaluation that cannot start: 0 for its times, 2 for its project, stage or service. */
const BAD_TIMEFRAME = 0;
const NOT_FOUND = 2;

type Params = { project: string; stage: string; service: string };

/** `keptn trigger evaluation`. */
export function registerEvaluation(app: FastifyInstance, context: ServerContext): void {
  const path = '/controlPlane/v1/project/:project/stage/:stage/service/:service/evaluation';
  app.post<{ Params: Params }>(path, async (request) => {
    const { project, stage, service } = request.params;
    const times = parseBody(body, request.body);
    const { start, end, timeframe, labels, gitcommitid } = times;
    const contradiction = contradictionOf(times);
    if (contradiction !== undefined) throw new ApiError(400, `Invalid request format: ${contradiction}`);
    await requirePlace(context, request.params);
    const window = resolveWindow(
      { start: start ?? '', end: end ?? '', timeframe: timeframe ?? '' },
      context.now(),
    );
    if ('error' in window) throw new ApiError(400, window.error, BAD_TIMEFRAME);
    const keptnContext = randomUUID();
    await context.desk.start({
      id: randomUUID(),
      type: sequenceEventType(stage, 'evaluation', 'triggered'),
      source: API_SOURCE,
      specversion: '1.0',
      contenttype: 'application/json',
      time: context.now().toISOString(),
      shkeptncontext: keptnContext,
      shkeptnspecversion: KEPTN_SPEC_VERSION,
      ...(gitcommitid ? { gitcommitid } : {}),
      data: {
        project,
        stage,
        service,
        ...(labels ? { labels } : {}),
        evaluation: { start: window.start, end: window.end, timeframe: '' },
      },
    });
    return { keptnContext };
  });
}

/** Keptn 1.4.5 looked at the combination of the times before everything else. */
function contradictionOf({ start, end, timeframe }: z.infer<typeof body>): string | undefined {
  if (timeframe && end) return 'timeframe and end time specifications cannot be set together';
  if (start && !timeframe && !end) {
    return 'timeframe or end time specifications need to be specified when using start parameter';
  }
  return !start && end ? 'end time specifications cannot be set without start parameter' : undefined;
}

async function requirePlace({ store }: ServerContext, { project, stage, service }: Params): Promise<void> {
  const row = await store.project(project);
  if (!row) throw new ApiError(400, 'project not found', NOT_FOUND);
  if (!row.stages.includes(stage)) throw new ApiError(400, 'stage not found', NOT_FOUND);
  if (!(await store.services(project)).some((found) => found.name === service)) {
    throw new ApiError(400, 'service not found', NOT_FOUND);
  }
}
