import type { FastifyInstance } from 'fastify';
import type { EventQuery } from '../../store/store.ts';
import type { ServerContext } from '../context.ts';
import { ApiError } from '../errors.ts';
import { nextPageKey, pageRequest, type Query, queryOf, timeParameter, wholeNumber } from '../paging.ts';

/** The stored events, with the parameters of Keptn's mongodb-datastore. */
export function registerDatastore(app: FastifyInstance, { store }: ServerContext): void {
  app.get('/mongodb-datastore/event', async (request) => {
    const query = queryOf(request.query);
    const page = pageRequest(query);
    const found = await store.events({
      ...attributes(query),
      ...times(query),
      root: query.root === 'true',
      limit: page.pageSize,
      offset: page.offset,
    });
    const next = nextPageKey(page, found.totalCount);
    return {
      events: found.events,
      ...(next === '0' ? {} : { nextPageKey: next }),
      totalCount: found.totalCount,
      pageSize: page.pageSize,
    };
  });

  app.get<{ Params: { type: string } }>('/mongodb-datastore/event/type/:type', async (request) => {
    const query = queryOf(request.query);
    const filter = parseFilter(query.filter ?? '');
    if (!filter.some(({ path }) => path === 'data.project' || path === 'shkeptncontext')) {
      throw new ApiError(400, "either 'data.project' or 'shkeptncontext' must be set in the filter");
    }
    const limit = wholeNumber(query.limit, 20, 'limit');
    if (limit < 1 || limit > 100) throw new ApiError(400, 'limit must be between 1 and 100');
    const found = await store.events({
      type: request.params.type,
      filter,
      ...times(query),
      excludeInvalidated: query.excludeInvalidated === 'true',
      limit,
      offset: 0,
    });
    return { events: found.events, totalCount: found.totalCount, pageSize: limit };
  });
}

function attributes(query: Query): Partial<EventQuery> {
  const { project, stage, service, type, source, keptnContext, eventID } = query;
  return {
    ...(project ? { project } : {}),
    ...(stage ? { stage } : {}),
    ...(service ? { service } : {}),
    ...(type ? { type } : {}),
    ...(source ? { source } : {}),
    ...(keptnContext ? { keptnContext } : {}),
    ...(eventID ? { eventId: eventID } : {}),
  };
}

function times(query: Query): Partial<EventQuery> {
  const fromTime = timeParameter(query.fromTime, 'fromTime');
  const beforeTime = timeParameter(query.beforeTime, 'beforeTime');
  return { ...(fromTime ? { fromTime } : {}), ...(beforeTime ? { beforeTime } : {}) };
}

const PATH = /^[A-Za-z0-9_.-]{1,200}$/;

/** `data.project:x AND data.result:pass,warning`: colon pairs, a comma means any of (Keptn 1.4.5). */
export function parseFilter(text: string): { path: string; values: string[] }[] {
  if (text.trim() === '') return [];
  return text.split(' AND ').map((part) => {
    const colon = part.indexOf(':');
    const path = part.slice(0, Math.max(0, colon)).trim();
    if (colon < 1 || !PATH.test(path)) {
      throw new ApiError(
        400,
        'the filter is not understood: write data.project:name AND data.result:pass,warning',
      );
    }
    const values = part
      .slice(colon + 1)
      .split(',')
      .map((value) => value.trim());
    return { path, values };
  });
}
