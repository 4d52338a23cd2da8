import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../context.ts';
import { ApiError } from '../errors.ts';
import { idempotencyKey, readEvent } from '../incoming-event.ts';
import { nextPageKey, pageRequest, queryOf, slicePage } from '../paging.ts';

/** Events in, and the triggers that wait for somebody. */
export function registerEvents(app: FastifyInstance, context: ServerContext): void {
  const { store, desk, limits, now } = context;

  // Keptn 1.4.5 took events at its control plane as well as at its API.
  for (const path of ['/v1/event', '/controlPlane/v1/event']) {
    app.post(path, { bodyLimit: limits.eventBytes }, async (request) => {
      const event = readEvent(request.body, now(), idempotencyKey(request.headers['idempotency-key']));
      await desk.accept(event);
      return { keptnContext: event.shkeptncontext };
    });
  }

  app.get<{ Params: { type: string } }>('/controlPlane/v1/event/triggered/:type', async (request) => {
    const query = queryOf(request.query);
    if (query.project && !(await store.project(query.project))) throw new ApiError(404, 'project not found');
    const page = pageRequest(query);
    const { eventID, project, stage, service } = query;
    const open = await store.openTriggers({
      type: request.params.type,
      ...(eventID ? { eventId: eventID } : {}),
      ...(project ? { project } : {}),
      ...(stage ? { stage } : {}),
      ...(service ? { service } : {}),
    });
    const { items, totalCount } = slicePage(
      open.map((trigger) => trigger.event),
      page,
    );
    return {
      events: items,
      nextPageKey: nextPageKey(page, totalCount),
      pageSize: page.pageSize,
      totalCount,
    };
  });
}
