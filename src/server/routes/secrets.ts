import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ServerContext } from '../context.ts';
import { ApiError } from '../errors.ts';
import { GIT_SECRET_SCOPE } from '../git-credentials.ts';
import { queryOf } from '../paging.ts';
import { parseBody } from '../request-body.ts';

/** Scopes of Keptn 1.4.5. */
const SCOPES = ['keptn-default', 'keptn-webhook-service', 'dynatrace-service', 'keptn-prometheus-service'];
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const MAX_NAME = 253;

const body = z.object({
  name: z.string(),
  scope: z.string().nullish(),
  data: z.record(z.string().min(1), z.string()).nullish(),
});

/** Secrets: values go in and never come out. */
export function registerSecrets(app: FastifyInstance, { store }: ServerContext): void {
  const path = '/secrets/v1/secret';
  const read = (action: 'create' | 'update', request: unknown) => {
    const { name, scope, data } = parseBody(body, request);
    const refuse = (status: number, reason: string): never => {
      throw new ApiError(status, `Unable to ${action} secret: ${reason}`);
    };
    if (!NAME.test(name) || name.length > MAX_NAME) refuse(400, 'the name is not valid');
    const known = scope || 'keptn-default';
    if (!SCOPES.includes(known)) refuse(400, 'scope not found');
    return { secret: { name, scope: known, data: data ?? {} }, refuse };
  };
  const exists = async ({ name, scope }: { name: string; scope: string }): Promise<boolean> =>
    (await store.secrets()).some((found) => found.name === name && found.scope === scope);

  app.get(path, async () => ({
    Secrets: (await store.secrets()).filter((found) => found.scope !== GIT_SECRET_SCOPE),
  }));
  app.get('/secrets/v1/scope', async () => ({ scopes: SCOPES }));

  app.post(path, async (request, reply) => {
    const { secret, refuse } = read('create', request.body);
    if (await exists(secret)) refuse(409, 'secret already exists');
    await store.saveSecret(secret.scope, secret.name, secret.data);
    return reply.code(201).send({ name: secret.name, scope: secret.scope });
  });

  app.put(path, async (request) => {
    const { secret, refuse } = read('update', request.body);
    if (!(await exists(secret))) refuse(404, 'secret not found');
    await store.saveSecret(secret.scope, secret.name, secret.data);
    return { name: secret.name, scope: secret.scope };
  });

  app.delete(path, async (request, reply) => {
    const { name = '', scope } = queryOf(request.query);
    const from = scope || 'keptn-default';
    if (from === GIT_SECRET_SCOPE || !(await store.deleteSecret(from, name))) {
      throw new ApiError(404, 'Unable to delete secret: secret not found');
    }
    return reply.code(200).send();
  });
}
