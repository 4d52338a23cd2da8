import { mkdir } from 'node:fs/promises';
import type { BranchWriter } from './branch-writer.ts';
import type { Upstream } from './config-repo.ts';
import { ConfigRefusedError } from './errors.ts';
import { git } from './git.ts';
import { DEFAULT_BRANCH, entityName } from './paths.ts';
import { beginningAt } from './upstream-branches.ts';

/**
 * Makes a repository in Keptn's layout: the default branch with shipyard.yaml, and a branch per stage; on top of what the upstream
 * has. Throws ConfigRefusedError, ConfigUnavailableError.
 */
export async function layOutProject(
  directory: string,
  writer: BranchWriter,
  options: { project: string; stages: string[]; shipyard: Uint8Array; upstream?: Upstream },
): Promise<void> {
  const { project, shipyard, upstream } = options;
  const stages = options.stages.map((stage) => entityName('stage', stage));
  if (stages.includes(DEFAULT_BRANCH)) {
    throw new ConfigRefusedError(
      `A stage cannot be called ${DEFAULT_BRANCH}: that branch holds the project's own files.`,
    );
  }
  await mkdir(directory, { recursive: true });
  await git(directory, ['init', '--bare', '--quiet', `--initial-branch=${DEFAULT_BRANCH}`]);
  await writer.firstCommit(directory, DEFAULT_BRANCH, {
    metadata: metadata({ projectName: project }),
    parent: upstream && (await beginningAt(directory, upstream, stages)),
  });
  for (const stage of stages) {
    await git(directory, ['branch', stage, DEFAULT_BRANCH]);
    await writer.commit({ directory, project }, stage, {
      changes: [{ path: 'metadata.yaml', content: metadata({ stageName: stage }) }],
      message: `Add stage ${stage}`,
    });
  }
  await writer.commit({ directory, project }, DEFAULT_BRANCH, {
    changes: [{ path: 'shipyard.yaml', content: shipyard }],
    message: 'Add shipyard.yaml',
  });
}

/** Keptn's metadata.yaml of a project, stage or service. */
export function metadata(fields: { [key: string]: string }): Uint8Array {
  const lines = Object.entries({ ...fields, creationTimestamp: new Date().toISOString() });
  return Buffer.from(lines.map(([key, value]) => `${key}: ${value}\n`).join(''));
}
