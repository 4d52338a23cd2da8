import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ResourceScope } from '../../activities/config/config-repo.ts';
import { ConfigNotFoundError } from '../../activities/config/errors.ts';
import { MAX_FILE_BYTES } from '../../activities/config/paths.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { ServerContext } from '../context.ts';
import { ApiError } from '../errors.ts';
import { pageRequest, queryOf, slicePage } from '../paging.ts';
import { withShipyard } from '../project-changes.ts';
import { parseBody } from '../request-body.ts';
import { rawResourceUri, resourceUriOf, withoutLeadingSlash } from '../request-url.ts';
import { decodeBase64 } from '../shipyard-text.ts';

const SCOPES = [
  '/resource-service/v1/project/:project',
  '/resource-service/v1/project/:project/stage/:stage',
  '/resource-service/v1/project/:project/stage/:stage/service/:service',
];

/** An empty file comes without content. */
const resource = z.object({ resourceURI: z.string(), resourceContent: z.string().nullish() });
const resourcesBody = z.object({ resources: z.array(resource).min(1).max(1000) });
const contentBody = z.object({ resourceContent: z.string().nullish() });

interface File {
  uri: string;
  content: Uint8Array;
}

/** The files of projects, stages and services. */
export function registerResources(app: FastifyInstance, context: ServerContext): void {
  const { config, limits } = context;
  const bodyLimit = limits.resourceBytes;
  for (const scope of SCOPES) {
    app.get(`${scope}/resource`, (request) => listFiles(context, request));
    for (const [method, status] of [['POST', 201] as const, ['PUT', 200] as const]) {
      app.route({
        method,
        url: `${scope}/resource`,
        bodyLimit,
        handler: async (request, reply) => {
          const files = parseBody(resourcesBody, request.body).resources.map(fileOf);
          return reply.code(status).send(await writeFiles(context, scopeOf(request), files));
        },
      });
    }
    app.get(`${scope}/resource/*`, (request) => readFile(context, request));
    app.put(`${scope}/resource/*`, { bodyLimit }, async (request) => {
      const { resourceContent } = parseBody(contentBody, request.body);
      const file = fileOf({ resourceURI: uriOf(request), resourceContent });
      return writeFiles(context, scopeOf(request), [file]);
    });
    app.delete(`${scope}/resource/*`, async (request) => {
      const target = scopeOf(request);
      return written(context, target, await config.remove(target, uriOf(request)));
    });
  }
}

function scopeOf(request: FastifyRequest): ResourceScope {
  const { project, stage, service } = request.params as { project: string; stage?: string; service?: string };
  return { project, ...(stage ? { stage } : {}), ...(service ? { service: resourceUriOf(service) } : {}) };
}

function uriOf(request: FastifyRequest): string {
  return withoutLeadingSlash(resourceUriOf(rawResourceUri(request.raw.url ?? '')));
}

function fileOf({ resourceURI, resourceContent }: z.infer<typeof resource>): File {
  const content = decodeBase64(resourceContent ?? '', `the content of ${resourceURI}`);
  if (content.length <= MAX_FILE_BYTES) return { uri: withoutLeadingSlash(resourceURI), content };
  throw new ApiError(413, `${resourceURI} has ${content.length} bytes; at most ${MAX_FILE_BYTES} are stored`);
}

async function listFiles(context: ServerContext, request: FastifyRequest): Promise<JsonObject> {
  const { config } = context;
  const query = queryOf(request.query);
  const target = scopeOf(request);
  const commit = commitOf(query.gitCommitID) ?? (await config.head(target));
  const page = slicePage(await config.list(target, commit), pageRequest(query));
  const metadata = await metadataOf(context, target, commit);
  return {
    resources: page.items.map((path) => ({ resourceURI: path, metadata })),
    nextPageKey: page.nextPageKey,
    totalCount: page.totalCount,
  };
}

async function readFile(context: ServerContext, request: FastifyRequest): Promise<JsonObject> {
  const target = scopeOf(request);
  const uri = uriOf(request);
  const found = await context.config.read(target, uri, commitOf(queryOf(request.query).gitCommitID));
  if (!found) throw new ApiError(404, `Resource not found: ${uri}`);
  return {
    resourceURI: found.uri,
    resourceContent: Buffer.from(found.content).toString('base64'),
    metadata: await metadataOf(context, target, found.commit),
  };
}

/** Empty, absent and `""` all mean the newest. */
function commitOf(text: string | undefined): string | undefined {
  return text === undefined || text === '' || text === '""' ? undefined : text;
}

async function writeFiles(context: ServerContext, target: ResourceScope, files: File[]): Promise<JsonObject> {
  const { config, store } = context;
  const shipyard = target.stage === undefined ? files.find((file) => isShipyard(file.uri)) : undefined;
  const row = shipyard === undefined ? undefined : await store.project(target.project);
  if (shipyard !== undefined && row === undefined) {
    throw new ConfigNotFoundError(`Project not found: ${target.project}`);
  }
  const changed =
    shipyard && row ? withShipyard(row, Buffer.from(shipyard.content).toString('utf8')) : undefined;
  const names = files.map((file) => file.uri).join(', ');
  const commit = await config.write(target, files, `Update ${names.slice(0, 200)}`);
  if (changed) await store.saveProject(changed);
  return written(context, target, commit);
}

function isShipyard(uri: string): boolean {
  return uri.replace(/^(?:\.?\/)+/, '') === 'shipyard.yaml';
}

async function written(context: ServerContext, target: ResourceScope, commit: string): Promise<JsonObject> {
  return { commitID: commit, metadata: await metadataOf(context, target, commit) };
}

async function metadataOf(
  { store }: ServerContext,
  target: ResourceScope,
  commit: string,
): Promise<JsonObject> {
  const row = await store.project(target.project);
  return { version: commit, upstreamURL: row?.upstreamUrl ?? '', branch: target.stage ?? 'main' };
}
