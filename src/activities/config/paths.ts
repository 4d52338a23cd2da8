import type { ResourceScope } from './config-repo.ts';
import { ConfigRefusedError } from './errors.ts';

/** Largest file that is taken (Keptn's gateway had the same limit for a request). */
export const MAX_FILE_BYTES = 5 * 1024 * 1024;

/** Branch of shipyard.yaml and the project's own files. */
export const DEFAULT_BRANCH = 'main';

/** What a project or stage may be called (Keptn 1.4.5), its length aside. */
export const ENTITY_NAME = /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/;
const MAX_PATH_LENGTH = 1024;

/** A name of a project, stage or service that is safe as a folder and a branch; throws ConfigRefusedError. */
export function entityName(kind: 'project' | 'stage' | 'service', name: string): string {
  if (ENTITY_NAME.test(name) && name.length <= 200) return name;
  throw new ConfigRefusedError(
    `"${name.slice(0, 80)}" is no ${kind} name: use lower-case letters, digits and dashes, beginning with a letter and not ending with a dash.`,
  );
}

/** A service may carry any name that its creator accepted, as long as it is one plain folder name. */
export function folderName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) && name.length <= 200) return name;
  throw new ConfigRefusedError(`"${name.slice(0, 80)}" is no service name.`);
}

/** The path of a file below its scope without leading `./`; throws ConfigRefusedError for anything that could lead elsewhere. */
export function resourcePath(uri: string): string {
  const path = uri.replace(/^(?:\.?\/+)+(?=.)/, (prefix) => (prefix.startsWith('/') ? '/' : ''));
  const refuse = (reason: string): never => {
    throw new ConfigRefusedError(
      `The path "${uri.slice(0, 200)}" is refused: ${reason}. Name a file below the project, for example helm/values.yaml.`,
    );
  };
  if (path === '' || path.endsWith('/')) refuse('it names no file');
  if (path.startsWith('/')) refuse('it is absolute');
  if (path.includes('~')) refuse('it contains "~"');
  if (path.includes('\\')) refuse('it contains a backslash');
  if (path.length > MAX_PATH_LENGTH) refuse(`it is longer than ${MAX_PATH_LENGTH} characters`);
  if (/\p{Cc}/u.test(path)) refuse('it contains a control character');
  const segments = path.split('/').filter((segment) => segment !== '.' && segment !== '');
  if (segments.length === 0) refuse('it names no file');
  if (segments.includes('..')) refuse('it contains ".."');
  if (segments.some((segment) => segment.toLowerCase() === '.git')) refuse('it leads into .git');
  return segments.join('/');
}

/** Branch of a scope (Keptn's layout: one branch per stage). */
export function branchOf(scope: ResourceScope): string {
  return scope.stage === undefined ? DEFAULT_BRANCH : entityName('stage', scope.stage);
}

/** Folder of a scope with a trailing slash, or nothing at the root of the branch. */
export function folderOf(scope: ResourceScope): string {
  return scope.service === undefined ? '' : `${folderName(scope.service)}/`;
}

/** `project tour, stage qa, service svc` for messages. */
export function describeScope(scope: ResourceScope): string {
  return [
    `project ${scope.project}`,
    scope.stage === undefined ? undefined : `stage ${scope.stage}`,
    scope.service === undefined ? undefined : `service ${scope.service}`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}
