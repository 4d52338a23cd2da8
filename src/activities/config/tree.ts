import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigRefusedError } from './errors.ts';
import { GitCommandError, git, gitText } from './git.ts';

const EMPTY_BLOB = '0'.repeat(40);

/** A file to put at a path of a tree, or `undefined` content to take it away. */
export interface TreeChange {
  path: string;
  content: Uint8Array | undefined;
}

/** Stores the blobs and answers the tree of `base` (a commit, or none) with the changes applied. */
export async function changedTree(
  directory: string,
  base: string | undefined,
  changes: TreeChange[],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-index-'));
  const env = { GIT_INDEX_FILE: join(folder, 'index') };
  try {
    const lines: string[] = [];
    for (const { path, content } of changes) {
      if (content === undefined) lines.push(`0 ${EMPTY_BLOB}\t${path}\0`);
      else {
        const blob = await gitText(directory, ['hash-object', '-w', '--stdin'], { input: content });
        lines.push(`100644 ${blob}\t${path}\0`);
      }
    }
    if (base !== undefined) {
      await refuseCollisions(directory, base, changes);
      await git(directory, ['read-tree', base], { env });
    }
    await git(directory, ['update-index', '-z', '--index-info'], { env, input: lines.join('') });
    return await gitText(directory, ['write-tree'], { env });
  } catch (error) {
    if (!(error instanceof GitCommandError)) throw error;
    throw new ConfigRefusedError(
      `The files ${changes.map((change) => change.path).join(', ')} cannot be stored: ${error.stderr}. A file and a folder may not have the same path.`,
      { cause: error },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Git would silently replace a file by a folder of that name, and the other way round. */
async function refuseCollisions(directory: string, base: string, changes: TreeChange[]): Promise<void> {
  const written = changes.filter((change) => change.content !== undefined).map((change) => change.path);
  const mustBe = new Map<string, 'blob' | 'tree'>(written.map((path) => [path, 'blob']));
  for (const path of written) {
    for (let cut = path.lastIndexOf('/'); cut > 0; cut = path.lastIndexOf('/', cut - 1)) {
      mustBe.set(path.slice(0, cut), 'tree');
    }
  }
  const input = [...mustBe.keys()].map((path) => `${base}:${path}\n`).join('');
  const answer = await gitText(directory, ['cat-file', '--batch-check=%(objecttype)'], { input });
  const kinds = answer.split('\n');
  [...mustBe].forEach(([path, kind], index) => {
    const found = kinds[index] ?? '';
    if (found === kind || found.endsWith(' missing')) return;
    throw new ConfigRefusedError(
      kind === 'blob'
        ? `${path} is a folder, so no file can be stored there.`
        : `${path} is a file, so nothing can be stored below it. Remove the file first.`,
    );
  });
}

/** Makes a commit object; no branch points to it yet. */
export async function commitTree(
  directory: string,
  tree: string,
  options: { parent?: string; message: string },
): Promise<string> {
  const parent = options.parent === undefined ? [] : ['-p', options.parent];
  return gitText(directory, ['commit-tree', tree, ...parent], { input: options.message });
}
