import type { FastifyInstance } from 'fastify';
import type { JsonObject } from '../contracts/json.ts';

/** Collects the routes that are registered after it and answers them as an OpenAPI 3.1 document at /openapi.json. */
export function serveOpenApi(app: FastifyInstance): void {
  const paths: { [path: string]: { [method: string]: JsonObject } } = {};
  app.addHook('onRoute', ({ url, method }) => {
    const names = [...url.matchAll(/:([A-Za-z]+)/g)].map((match) => match[1] ?? '');
    const path = url.replace(/:([A-Za-z]+)/g, '{$1}').replace('*', '{resourceURI}');
    const parameters = [...names, ...(url.includes('*') ? ['resourceURI'] : [])];
    for (const one of Array.isArray(method) ? method : [method]) {
      if (one === 'HEAD') continue;
      paths[path] = { ...paths[path], [one.toLowerCase()]: operation(parameters) };
    }
  });
  app.get('/openapi.json', async () => ({
    openapi: '3.1.0',
    info: { title: 'Slipway, the API of Keptn 1.4.5', version: '1.4.5' },
    servers: [{ url: '/api' }],
    security: [{ token: [] }],
    components: {
      securitySchemes: { token: { type: 'apiKey', in: 'header', name: 'x-token' } },
      schemas: {
        Error: {
          type: 'object',
          required: ['message'],
          properties: { code: { type: 'integer' }, message: { type: 'string' } },
        },
      },
    },
    paths,
  }));
}

function operation(parameters: string[]): JsonObject {
  const error = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
  return {
    parameters: parameters.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    responses: { '2XX': { description: 'done' }, default: { description: 'refused', content: error } },
  };
}
