import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResourceScope } from './config-repo.ts';
import { ConfigNotFoundError } from './errors.ts';
import { git, gitLookup, gitText } from './git.ts';
import { branchOf, DEFAULT_BRANCH, describeScope, folderName } from './paths.ts';

const COMMIT_ID = /^[0-9a-f]{7,64}$/;
const FULL_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** The object that a revision or a `commit:path` names; undefined when there is none. */
export function objectOf(directory: string, revision: string): Promise<string | undefined> {
  return gitLookup(directory, ['rev-parse', '--verify', '--quiet', revision]);
}

/**
 * Newest commit of a branch; undefined when there is none. Every event asks for it, so the branch's own file is read, which Git
 * replaces whole and prefers to packed refs; git itself is asked only when there is no such file.
 */
async function branchHead(directory: string, branch: string): Promise<string | undefined> {
  const loose = await readFile(join(directory, 'refs', 'heads', branch), 'utf8').catch(() => '');
  const id = loose.trim();
  return FULL_ID.test(id) ? id : objectOf(directory, `refs/heads/${branch}`);
}

/** Commit of the scope's branch; throws ConfigNotFoundError when the stage or the service is not there. */
export async function headOf(directory: string, scope: ResourceScope): Promise<string> {
  const head = await branchHead(directory, branchOf(scope));
  if (head === undefined || scope.stage === DEFAULT_BRANCH) {
    throw new ConfigNotFoundError(`Stage not found: ${describeScope(scope)}`);
  }
  if (
    scope.service !== undefined &&
    (await objectOf(directory, `${head}:${folderName(scope.service)}`)) === undefined
  ) {
    throw new ConfigNotFoundError(`Service not found: ${describeScope(scope)}`);
  }
  return head;
}

/** The full id of a commit that a caller named; throws ConfigNotFoundError. */
export async function knownCommit(directory: string, project: string, commit: string): Promise<string> {
  const known = COMMIT_ID.test(commit) ? await objectOf(directory, `${commit}^{commit}`) : undefined;
  if (known !== undefined) return known;
  throw new ConfigNotFoundError(
    `The commit ${commit.slice(0, 64)} is not in the repository of project ${project}.`,
  );
}

/** Names of the stages, which are the branches beside the default one. */
export async function stagesOf(directory: string): Promise<string[]> {
  const text = await gitText(directory, ['for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads']);
  return text.split('\n').filter((branch) => branch !== '' && branch !== DEFAULT_BRANCH);
}

/** Paths below a folder (with its closing slash, or empty for the root) at a revision, sorted; none when it is not there. */
export async function filesOf(directory: string, revision: string, folder: string): Promise<string[]> {
  const tree = folder === '' ? revision : `${revision}:${folder.slice(0, -1)}`;
  if ((await objectOf(directory, tree)) === undefined) return [];
  const text = (await git(directory, ['ls-tree', '-r', '-z', '--name-only', tree])).toString('utf8');
  return text
    .split('\0')
    .filter((path) => path !== '')
    .sort();
}
