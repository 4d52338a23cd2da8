import { z } from 'zod';
import type { Upstream } from '../activities/config/config-repo.ts';
import { ConfigRefusedError } from '../activities/config/errors.ts';
import { ENTITY_NAME } from '../activities/config/paths.ts';
import { checkedRemote } from '../activities/config/upstream.ts';
import { ApiError } from './errors.ts';
import { gitCredentialsSchema, upstreamOf } from './git-credentials.ts';

const MAX_NAME = 200;

/**
 * Body of create and update project. Keptn 1.4.5 refuses unknown fields, and says in its own words which one is missing; its command
 * line sends `"shipyard":null` with an update.
 */
export const projectBody = z.strictObject({
  name: z.string().nullish(),
  shipyard: z.string().nullish(),
  gitCredentials: gitCredentialsSchema.nullish(),
});

export type ProjectBody = z.infer<typeof projectBody>;

/** True for a name of a project or stage (Keptn 1.4.5). */
export function isEntityName(name: string): boolean {
  return ENTITY_NAME.test(name);
}

/** The name of a project that may exist; throws ApiError 400. */
export function projectName({ name }: ProjectBody): string {
  if (!name) throw invalid('project name missing');
  if (!isEntityName(name)) throw invalid('provided project name is not a valid Keptn entity name');
  return name;
}

/** The name of a project to be created; throws ApiError 400. */
export function newProjectName(body: ProjectBody): string {
  if ((body.name?.length ?? 0) > MAX_NAME) {
    throw invalid(`project name exceeds maximum size of ${MAX_NAME} characters`);
  }
  return projectName(body);
}

/** The shipyard of a project to be created, in base64; throws ApiError 400. */
export function newShipyard({ shipyard }: ProjectBody): string {
  if (shipyard) return shipyard;
  throw invalid('shipyard must contain a valid shipyard spec encoded in base64');
}

/** The upstream that a body gives, if any; throws ApiError 400 and 422. */
export function upstreamIn({ gitCredentials }: ProjectBody): Upstream | undefined {
  if (!gitCredentials) return undefined;
  const { https, ssh } = gitCredentials;
  if (https && ssh) throw invalid('SSH and HTTPS authorization cannot be used together');
  const upstream = upstreamOf(gitCredentials);
  try {
    return { ...upstream, remoteURL: checkedRemote(upstream.remoteURL, true) };
  } catch (error) {
    if (!(error instanceof ConfigRefusedError)) throw error;
    throw invalid(`provided gitRemoteURL is not valid: ${error.message}`);
  }
}

function invalid(problem: string): ApiError {
  return new ApiError(400, `Could not validate payload: ${problem}`);
}
