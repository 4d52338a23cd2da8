import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../context.ts';

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

  app.get('/', async () => ({ name: 'slipway', openapi: '/openapi.json' }));
  app.get('/health', async () => ({ status: 'OK' }));
  app.get('/ready', async () => {
    await store.ping();
    return { status: 'OK' };
  });
}
