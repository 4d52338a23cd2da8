import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ServerContext } from '../context.ts';
import { ApiError } from '../errors.ts';
import { type Integration, Integrations, integrationSchema, subscriptionSchema } from '../integrations.ts';
import { pageRequest, queryOf, timeParameter } from '../paging.ts';
import { parseBody } from '../request-body.ts';

const BASE = '/controlPlane/v1/uniform/registration';

const text = z.preprocess((value) => value ?? '', z.string().max(100_000));
const logBody = z.object({
  logs: z
    .array(
      z.object({
        integrationid: text,
        message: text,
        shkeptncontext: text,
        task: text,
        triggeredid: text,
        gitcommitid: text,
      }),
    )
    .max(1000),
});

type WithId = { Params: { id: string } };
type WithSubscription = { Params: { id: string; subscription: string } };

/** Remote integrations: registration, ping, subscriptions and their log. */
export function registerUniform(app: FastifyInstance, context: ServerContext): void {
  const integrations = new Integrations(context);

  app.get(BASE, async (request) => {
    const query = queryOf(request.query);
    return (await integrations.list()).filter((one) => matches(one, query));
  });
  app.post(BASE, async (request, reply) => {
    const { id, created } = await integrations.register(parseBody(integrationSchema, request.body));
    return reply.code(created ? 201 : 200).send({ id });
  });
  app.delete<WithId>(`${BASE}/:id`, async (request) => {
    await context.store.deleteRegistration(request.params.id);
    return {};
  });
  app.put<WithId>(`${BASE}/:id/ping`, async (request) => {
    const { id } = request.params;
    await integrations.save(id, await integrations.get(id));
    return integrations.get(id);
  });

  registerSubscriptions(app, integrations);
  registerLog(app, context);
}

function registerSubscriptions(app: FastifyInstance, integrations: Integrations): void {
  app.get<WithId>(`${BASE}/:id/subscription`, async (request) => {
    return (await integrations.get(request.params.id)).subscriptions;
  });
  app.get<WithSubscription>(`${BASE}/:id/subscription/:subscription`, async (request) => {
    const { id, subscription } = request.params;
    const found = (await integrations.get(id)).subscriptions.find((one) => one.id === subscription);
    if (!found) throw new ApiError(404, `subscription ${subscription} not found`);
    return found;
  });
  const save = async (id: string, subscriptionId: string, body: unknown): Promise<{ id: string }> => {
    const integration = await integrations.get(id);
    const subscription = { ...parseBody(subscriptionSchema, body), id: subscriptionId };
    const others = integration.subscriptions.filter((one) => one.id !== subscriptionId);
    await integrations.save(id, { ...integration, subscriptions: [...others, subscription] });
    return { id: subscriptionId };
  };
  app.post<WithId>(`${BASE}/:id/subscription`, async (request, reply) =>
    reply.code(201).send(await save(request.params.id, randomUUID(), request.body)),
  );
  app.put<WithSubscription>(`${BASE}/:id/subscription/:subscription`, async (request, reply) =>
    reply.code(201).send(await save(request.params.id, request.params.subscription, request.body)),
  );
  app.delete<WithSubscription>(`${BASE}/:id/subscription/:subscription`, async (request) => {
    const { id, subscription } = request.params;
    const integration = await integrations.get(id);
    const subscriptions = integration.subscriptions.filter((one) => one.id !== subscription);
    await integrations.save(id, { ...integration, subscriptions });
    return {};
  });
}

/** Here, and only here, the page key is a number (Keptn 1.4.5). */
function registerLog(app: FastifyInstance, { store, limits }: ServerContext): void {
  app.post('/controlPlane/v1/log', { bodyLimit: limits.eventBytes }, async (request) => {
    await store.appendLogs(parseBody(logBody, request.body).logs);
    return {};
  });
  app.get('/controlPlane/v1/log', async (request) => {
    const query = queryOf(request.query);
    const page = pageRequest(query);
    const fromTime = timeParameter(query.fromTime, 'fromTime');
    const beforeTime = timeParameter(query.beforeTime, 'beforeTime');
    const { entries, totalCount } = await store.logs({
      ...(query.integrationId ? { integrationId: query.integrationId } : {}),
      ...(fromTime ? { fromTime } : {}),
      ...(beforeTime ? { beforeTime } : {}),
      limit: page.pageSize,
      offset: page.offset,
    });
    const next = page.offset + page.pageSize;
    return { logs: entries, nextPageKey: next < totalCount ? next : 0, totalCount, pageSize: page.pageSize };
  });
}

function matches(one: Integration & { id: string }, query: { [name: string]: string | undefined }): boolean {
  const { id, name, namespace, hostname, project, stage, service } = query;
  const subscribed = (list: 'projects' | 'stages' | 'services', value: string | undefined): boolean =>
    !value || one.subscriptions.some(({ filter }) => filter[list].includes(value));
  return (
    (!id || one.id === id) &&
    (!name || one.name === name) &&
    (!namespace || one.metadata.kubernetesmetadata?.namespace === namespace) &&
    (!hostname || one.metadata.hostname === hostname) &&
    subscribed('projects', project) &&
    subscribed('stages', stage) &&
    subscribed('services', service)
  );
}
