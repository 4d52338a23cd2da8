import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../context.ts';
import { ApiError } from '../errors.ts';

/** Authentication check, what the server is, and whether it works. */
export function registerServiceInfo(app: FastifyInstance, context: ServerContext): void {
  const { store, metadata } = context;

  // A redirect turns Keptn's POST into a GET, so both are answered; the token was checked before.
  app.route({
    method: ['GET', 'POST'],
    url: '/v1/auth',
    handler: (_request, reply) => reply.code(200).send(),
  });

  app.get('/v1/metadata', async () => ({
    automaticprovisioning: metadata.automaticProvisioning,
    keptnversion: metadata.keptnVersion,
    bridgeversion: metadata.keptnVersion,
    keptnlabel: 'keptn',
    namespace: metadata.namespace,
    shipyardversion: '0.2.0',
  }));

  // `keptn auth` and `keptn status` show this address; Keptn had its own pages there.
  for (const url of ['/bridge', '/bridge/*']) {
    app.get(url, async (_request, reply) => {
      if (metadata.webUi !== undefined) return reply.redirect(metadata.webUi, 302);
      throw new ApiError(404, 'no web interface is known here: set SLIPWAY_WEB_UI to that of Temporal');
    });
  }

  app.get('/', async () => ({ name: 'slipway', openapi: '/openapi.json' }));
  app.get('/health', async () => ({ status: 'OK' }));
  app.get('/ready', async () => {
    await store.ping();
    return { status: 'OK' };
  });
}
