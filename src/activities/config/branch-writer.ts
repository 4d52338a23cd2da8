import type { Upstream } from './config-repo.ts';
import { ConfigUnavailableError } from './errors.ts';
import { GitCommandError, git, gitLookup, gitText } from './git.ts';
import { changedTree, commitTree, type TreeChange } from './tree.ts';
import { gitWithUpstream } from './upstream.ts';
import { fetchBranches } from './upstream-branches.ts';

const MAX_TRIES = 20;

/** A bare repository and whose it is. */
interface Repository {
  directory: string;
  project: string;
}

/** Puts commits on branches: one commit object, pushed to the upstream first, then a compare-and-swap of the local branch. */
export class BranchWriter {
  readonly #upstream: (directory: string, project: string) => Promise<Upstream | undefined>;
  /** Writers of one process take turns; those of other processes are met by the compare-and-swap. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: { upstream: (directory: string, project: string) => Promise<Upstream | undefined> }) {
    this.#upstream = options.upstream;
  }

  /** Starts a branch with metadata.yaml, alone or on top of `parent`. */
  async firstCommit(
    directory: string,
    branch: string,
    { metadata, parent }: { metadata: Uint8Array; parent?: string | undefined },
  ): Promise<string> {
    const tree = await changedTree(directory, parent, [{ path: 'metadata.yaml', content: metadata }]);
    const message = 'Create project';
    const commit = await commitTree(
      directory,
      tree,
      parent === undefined ? { message } : { message, parent },
    );
    await git(directory, ['update-ref', `refs/heads/${branch}`, commit, '']);
    return commit;
  }

  /** Applies the changes on top of the branch and answers its commit, which is the old one when nothing differs. */
  commit(
    repository: Repository,
    branch: string,
    change: { changes: TreeChange[]; message: string },
  ): Promise<string> {
    const { directory } = repository;
    const before = this.#turns.get(directory) ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(() => this.#commitInTurn(repository, branch, change));
    this.#turns.set(directory, mine);
    const forget = (): void => {
      if (this.#turns.get(directory) === mine) this.#turns.delete(directory);
    };
    mine.then(forget, forget);
    return mine;
  }

  /** Takes over what the upstream has that is newer. */
  async pull(directory: string, upstream: Upstream): Promise<void> {
    await fetchBranches(directory, upstream);
    const text = await gitText(directory, ['for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads']);
    for (const branch of text.split('\n').filter((name) => name !== '')) await fastForward(directory, branch);
  }

  async #commitInTurn(
    { directory, project }: Repository,
    branch: string,
    change: { changes: TreeChange[]; message: string },
  ): Promise<string> {
    const reference = `refs/heads/${branch}`;
    const upstream = await this.#upstream(directory, project);
    for (let tries = 1; ; tries += 1) {
      if (upstream) await this.pull(directory, upstream);
      const parent = await gitText(directory, ['rev-parse', '--verify', reference]);
      const tree = await changedTree(directory, parent, change.changes);
      if (tree === (await gitText(directory, ['rev-parse', `${parent}^{tree}`]))) return parent;
      const commit = await commitTree(directory, tree, { parent, message: change.message });
      try {
        if (upstream) {
          const target = `${commit}:${reference}`;
          await gitWithUpstream(directory, ['push', '--quiet', upstream.remoteURL, target], upstream);
        }
        await git(directory, ['update-ref', reference, commit, parent]);
        return commit;
      } catch (error) {
        if (tries >= MAX_TRIES || !isLostRace(error)) throw error;
      }
    }
  }
}

/** Another writer moved the branch between reading and writing it, here or at the upstream. */
function isLostRace(error: unknown): boolean {
  if (error instanceof ConfigUnavailableError) return /non-fast-forward|fetch first/.test(error.message);
  return error instanceof GitCommandError && /cannot lock ref|but expected|is at/.test(error.stderr);
}

/** Moves a local branch to the upstream's commit when that one contains it; local commits are never thrown away. */
async function fastForward(directory: string, branch: string): Promise<void> {
  const [local, remote] = await Promise.all([
    gitText(directory, ['rev-parse', '--verify', `refs/heads/${branch}`]),
    gitLookup(directory, ['rev-parse', '--verify', '--quiet', `refs/remotes/origin/${branch}`]),
  ]);
  if (remote === undefined || remote === local) return;
  const contains = await gitLookup(directory, ['merge-base', '--is-ancestor', local, remote]);
  if (contains === undefined) return;
  await git(directory, ['update-ref', `refs/heads/${branch}`, remote, local]).catch((error: unknown) => {
    // Somebody else moved it in the meantime, which is as good.
    if (!isLostRace(error)) throw error;
  });
}
