import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { KEPTN_SPEC_VERSION, type KeptnEvent, taskEventType } from '../../contracts/events.ts';
import { ImportError } from '../../store/errors.ts';
import { importEvaluations } from '../../store/evaluation-export.ts';
import type { EvaluationQuery, EvaluationRow, Store } from '../../store/store.ts';
import type { ServerContext } from '../context.ts';
import { ApiError } from '../errors.ts';
import { pageRequest, type Query, queryOf, timeParameter } from '../paging.ts';
import { parseBody } from '../request-body.ts';

const batch = z.object({ evaluations: z.array(z.unknown()).max(1000) });

/** The lasting history of evaluations, out and in; Slipway's own, Keptn had none. */
export function registerEvaluations(app: FastifyInstance, { store, limits }: ServerContext): void {
  app.get('/slipway/v1/evaluations', async (request) => {
    const query = queryOf(request.query);
    const { pageSize: limit, offset } = pageRequest(query);
    const evaluations = await store.evaluations({ ...filterOf(query), limit, offset });
    const nextPageKey = evaluations.length < limit ? '0' : String(offset + limit);
    return { evaluations, nextPageKey, pageSize: limit };
  });

  app.post('/slipway/v1/evaluations', { bodyLimit: limits.resourceBytes }, async (request) => {
    const { evaluations } = parseBody(batch, request.body);
    try {
      return { stored: await importEvaluations(withEvents(store), linesOf(evaluations)) };
    } catch (error) {
      if (error instanceof ImportError) throw new ApiError(400, error.message);
      throw error;
    }
  });
}

function filterOf(query: Query): Omit<EvaluationQuery, 'limit' | 'offset'> {
  const { project, stage, service, keptnContext, result, label } = query;
  const fromTime = timeParameter(query.fromTime, 'fromTime');
  const beforeTime = timeParameter(query.beforeTime, 'beforeTime');
  return {
    ...(project ? { project } : {}),
    ...(stage ? { stage } : {}),
    ...(service ? { service } : {}),
    ...(keptnContext ? { keptnContext } : {}),
    ...(result ? { results: result.split(',') } : {}),
    ...(label ? { label: labelOf(label) } : {}),
    ...(fromTime ? { fromTime } : {}),
    ...(beforeTime ? { beforeTime } : {}),
    excludeInvalidated: query.excludeInvalidated === 'true',
  };
}

function labelOf(text: string): { key: string; value: string } {
  const at = text.indexOf('=');
  if (at < 1) throw new ApiError(400, 'label is not understood: write label=name=value');
  return { key: text.slice(0, at), value: text.slice(at + 1) };
}

async function* linesOf(rows: readonly unknown[]): AsyncGenerator<string> {
  for (const row of rows) yield JSON.stringify(row);
}

/** An imported evaluation also gets its events, so that it is listed and can be invalidated like one that ran here. */
function withEvents(store: Store): Store {
  return {
    ...store,
    saveEvaluation: async (row) => {
      await store.appendEvents(eventsOf(row));
      await store.saveEvaluation(row);
    },
  };
}

function eventsOf(row: EvaluationRow): KeptnEvent[] {
  const { id, triggeredId, keptnContext, time, invalidated } = row;
  const { project, stage, service, labels, status, result, evaluation } = row;
  const common = {
    source: 'lighthouse-service',
    specversion: '1.0',
    contenttype: 'application/json',
    shkeptncontext: keptnContext,
    shkeptnspecversion: KEPTN_SPEC_VERSION,
    triggeredid: triggeredId,
  } as const;
  const data = { project, stage, service, labels, status, result, evaluation } as KeptnEvent['data'];
  const finished = { ...common, id, type: taskEventType('evaluation', 'finished'), time, data };
  if (invalidated === undefined) return [finished];
  const { reason } = invalidated;
  const noted = {
    ...common,
    id: `${id}/invalidated`,
    type: taskEventType('evaluation', 'invalidated'),
    time: invalidated.time,
    data: { project, stage, service, evaluation: { reason } },
  };
  return [finished, noted];
}
