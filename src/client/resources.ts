import { Buffer } from 'node:buffer';
import { resourceAnswer, resourcesPage, writtenAnswer } from './answers.ts';
import { RefusedError } from './errors.ts';
import type { ApiHttp } from './http.ts';
import { fetchAll } from './paging.ts';

/** Where a file belongs: a project, one of its stages, or a service in a stage. */
export interface ResourceScope {
  project: string;
  stage?: string | undefined;
  /** Needs a stage. */
  service?: string | undefined;
}

/** A file to be stored. */
export interface NewResource extends ResourceScope {
  /** Path inside the scope, for example `prometheus/sli.yaml`. */
  resourceUri: string;
  content: string | Uint8Array;
}

/** A file as read back. */
export interface Resource {
  resourceUri: string;
  content: Uint8Array;
  /** Commit that the content was read at. */
  commit?: string;
}

function scopePath(scope: ResourceScope): string[] {
  const path = ['resource-service', 'v1', 'project', scope.project];
  if (scope.stage !== undefined) path.push('stage', scope.stage);
  if (scope.service === undefined) return path;
  if (scope.stage !== undefined) return [...path, 'service', scope.service];
  throw new RefusedError(
    `the service ${scope.service} is named without a stage`,
    'files of a service belong to one stage: name it too',
  );
}

/** Path without leading `./`, as Keptn 1.4.5 stores it; refuses what leaves the scope. */
export function normalizeResourceUri(uri: string): string {
  const clean = uri.replace(/^(\.?\/)+/, '');
  if (clean !== '' && !clean.split('/').includes('..') && !clean.includes('~')) return clean;
  throw new RefusedError(
    `"${uri}" is no path inside a project`,
    'name the file without "..", "~" or an empty path',
  );
}

export async function addResource(http: ApiHttp, resource: NewResource): Promise<string | undefined> {
  const resourceURI = normalizeResourceUri(resource.resourceUri);
  const content = Buffer.from(resource.content);
  // Keptn's own clients leave the field out for an empty file.
  const entry =
    content.length === 0 ? { resourceURI } : { resourceURI, resourceContent: content.toString('base64') };
  const path = [...scopePath(resource), 'resource'];
  const answer = await http.send({
    method: 'POST',
    path,
    body: { resources: [entry] },
    answer: writtenAnswer,
  });
  return answer?.commitID;
}

export async function listResources(http: ApiHttp, scope: ResourceScope): Promise<string[]> {
  const path = [...scopePath(scope), 'resource'];
  const entries = await fetchAll(http, { path, answer: resourcesPage }, (page) => page.resources);
  return entries.map((entry) => entry.resourceURI);
}

export async function readResource(
  http: ApiHttp,
  scope: ResourceScope & { resourceUri: string },
): Promise<Resource> {
  const resourceUri = normalizeResourceUri(scope.resourceUri);
  const path = [...scopePath(scope), 'resource', resourceUri];
  const answer = await http.send({ method: 'GET', path, answer: resourceAnswer });
  const commit = answer.metadata?.version;
  const content = Buffer.from(answer.resourceContent, 'base64');
  return { resourceUri, content, ...(commit === undefined ? {} : { commit }) };
}
