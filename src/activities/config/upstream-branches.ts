import type { Upstream } from './config-repo.ts';
import { ConfigRefusedError } from './errors.ts';
import { gitLookup, gitText } from './git.ts';
import { DEFAULT_BRANCH } from './paths.ts';
import { gitWithUpstream } from './upstream.ts';

const FETCHED = 'refs/remotes/origin';

/** Takes over the upstream's branches as `refs/remotes/origin/*`, and forgets those that are gone. Throws ConfigUnavailableError. */
export async function fetchBranches(directory: string, upstream: Upstream): Promise<void> {
  const refspec = `+refs/heads/*:${FETCHED}/*`;
  await gitWithUpstream(
    directory,
    ['fetch', '--quiet', '--no-tags', '--prune', upstream.remoteURL, refspec],
    upstream,
  );
}

/**
 * The commit on which a new project begins: what a Git host puts into a new repository (a README) is kept, as Keptn 1.4.5
 * kept it. Undefined for an empty repository; throws ConfigRefusedError when a project is there already.
 */
export async function beginningAt(
  directory: string,
  upstream: Upstream,
  stages: readonly string[],
): Promise<string | undefined> {
  await fetchBranches(directory, upstream);
  const fetched = await branches(directory, FETCHED);
  const taken = stages.filter((stage) => fetched.has(stage));
  const main = fetched.get(DEFAULT_BRANCH);
  if (main !== undefined && (await hasMetadata(directory, main))) taken.unshift(DEFAULT_BRANCH);
  if (taken.length === 0) return main;
  throw new ConfigRefusedError(
    `The upstream ${upstream.remoteURL} holds a project already, on ${named(taken)}. Give an empty repository; nothing was changed there.`,
  );
}

/**
 * Throws ConfigRefusedError when a branch of the upstream has gone another way than the one here: a push of all branches would be
 * refused half-way, with some of them pushed. Newer commits on top of those here are no harm.
 */
export async function requireNothingForeign(directory: string, upstream: Upstream): Promise<void> {
  await fetchBranches(directory, upstream);
  const fetched = await branches(directory, FETCHED);
  const foreign: string[] = [];
  for (const [branch, ours] of await branches(directory, 'refs/heads')) {
    const theirs = fetched.get(branch);
    if (theirs === undefined) continue;
    const contained = await contains(directory, ours, theirs);
    if (!contained && !(await contains(directory, theirs, ours))) foreign.push(branch);
  }
  if (foreign.length === 0) return;
  throw new ConfigRefusedError(
    `The upstream ${upstream.remoteURL} has commits that are not of this project, on ${named(foreign)}. Give an empty repository; nothing was changed there.`,
  );
}

async function contains(directory: string, commit: string, older: string): Promise<boolean> {
  return (await gitLookup(directory, ['merge-base', '--is-ancestor', older, commit])) !== undefined;
}

async function branches(directory: string, under: string): Promise<Map<string, string>> {
  const lines = await gitText(directory, ['for-each-ref', '--format=%(objectname) %(refname)', under]);
  const names = lines.split('\n').filter((line) => line !== '');
  return new Map(names.map((line) => [line.slice(41 + under.length + 1), line.slice(0, 40)]));
}

async function hasMetadata(directory: string, commit: string): Promise<boolean> {
  const found = await gitLookup(directory, ['rev-parse', '--verify', '--quiet', `${commit}:metadata.yaml`]);
  return found !== undefined;
}

function named(names: readonly string[]): string {
  return `the branch${names.length > 1 ? 'es' : ''} ${names.join(', ')}`;
}
