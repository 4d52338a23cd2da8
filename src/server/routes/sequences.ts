import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { SequenceQuery } from '../../store/store.ts';
import type { ServerContext } from '../context.ts';
import { ApiError } from '../errors.ts';
import { nextOffset, type PageRequest, pageRequest, type Query, queryOf, timeParameter } from '../paging.ts';
import { parseBody } from '../request-body.ts';
import { executionView, runView } from '../sequence-views.ts';

/** A run has a handful of sequences; a long remediation loop some dozens. */
const ROWS_PER_PAGE = 5000;

const control = z.object({
  state: z.string(),
  stage: z.string().nullish(),
  by: z.string().max(200).nullish(),
  reason: z.string().max(2000).nullish(),
});

/** Runs and their control. */
export function registerSequences(app: FastifyInstance, context: ServerContext): void {
  const { store, runs } = context;

  app.get<{ Params: { project: string } }>('/controlPlane/v1/sequence/:project', async (request) => {
    const { project } = request.params;
    if (!(await store.project(project))) throw new ApiError(404, 'project not found');
    const query = queryOf(request.query);
    const page = pageRequest(query);
    const found = await store.sequenceContexts({ ...filters(query, page), project });
    const keptnContexts = found.contexts.map(({ keptnContext }) => keptnContext);
    const [rows, activity, evaluations] = await Promise.all([
      store.sequenceStates({ project, keptnContexts, limit: ROWS_PER_PAGE, offset: 0 }),
      store.stageActivity(project, keptnContexts),
      Promise.all(
        keptnContexts.map((keptnContext) => store.evaluations({ project, keptnContext, limit: 20 })),
      ),
    ]);
    const states = found.contexts.map(({ keptnContext, state }, index) =>
      runView(keptnContext, {
        state,
        rows: rows.filter((row) => row.keptnContext === keptnContext),
        activity: activity.filter((one) => one.keptnContext === keptnContext),
        evaluations: evaluations[index] ?? [],
      }),
    );
    return { states, nextPageKey: nextOffset(page, found.totalCount), totalCount: found.totalCount };
  });

  app.get('/controlPlane/v1/sequence-execution', async (request) => {
    const query = queryOf(request.query);
    if (!query.project) throw new ApiError(400, 'project must be set');
    if (!(await store.project(query.project))) throw new ApiError(404, 'project not found');
    const page = pageRequest(query);
    const rows = await store.sequenceStates({
      ...filters({ ...query, state: query.status }, page),
      project: query.project,
      limit: page.pageSize + 1,
    });
    return {
      sequenceExecutions: rows.slice(0, page.pageSize).map(executionView),
      nextPageKey: nextOffset(page, page.offset + rows.length),
      pageSize: page.pageSize,
    };
  });

  app.post<{ Params: { project: string; context: string } }>(
    '/controlPlane/v1/sequence/:project/:context/control',
    async (request) => {
      const { state, stage, by, reason } = parseBody(control, request.body);
      if (state !== 'pause' && state !== 'resume' && state !== 'abort') {
        throw new ApiError(400, `"${state}" is none of pause, resume and abort`);
      }
      await runs.control({
        project: request.params.project,
        keptnContext: request.params.context,
        state,
        ...(stage ? { stage } : {}),
        ...(by ? { by } : {}),
        ...(reason ? { reason } : {}),
      });
      return {};
    },
  );
}

/** `keptnContext` may be a comma list with blanks (Keptn 1.4.5). */
function filters(query: Query, page: PageRequest): Omit<SequenceQuery, 'project'> {
  const { name, state, stage, service, keptnContext } = query;
  const fromTime = timeParameter(query.fromTime, 'fromTime');
  const beforeTime = timeParameter(query.beforeTime, 'beforeTime');
  return {
    ...(name ? { name } : {}),
    ...(state ? { state } : {}),
    ...(stage ? { stage } : {}),
    ...(service ? { service } : {}),
    ...(keptnContext ? { keptnContexts: keptnContext.replaceAll(' ', '').split(',') } : {}),
    ...(fromTime ? { fromTime } : {}),
    ...(beforeTime ? { beforeTime } : {}),
    limit: page.pageSize,
    offset: page.offset,
  };
}
