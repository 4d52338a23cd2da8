import { formatProblem } from '../../files/problem.ts';
import { mergeIndicators, parseSli, type SliFile } from '../../files/sli.ts';
import type { ScopedFiles } from '../config/scoped-files.ts';
import { SliTerminalError } from './errors.ts';
import type { SliRequest } from './sli-provider.ts';

/**
 * The queries of a provider's `sli.yaml`, merged key by key: project, then stage, then service (Keptn 1.4.5).
 * Empty when there is no such file on any level. Throws SliTerminalError for a file that cannot be read and, in
 * Keptn's words, when files are there but hold no indicator at all.
 */
export async function readIndicators(
  files: ScopedFiles,
  request: SliRequest,
  uri: string,
): Promise<ReadonlyMap<string, string>> {
  const scope = {
    project: request.project,
    stage: request.stage,
    service: request.service,
    commit: request.gitCommitId,
  };
  const levels: SliFile[] = [];
  for (const level of ['project', 'stage', 'service'] as const) {
    const found = await files.at(scope, level, uri);
    if (found === undefined) continue;
    const { model, problems } = parseSli(found.text, uri);
    if (model === undefined) {
      const places = problems.filter(({ severity }) => severity === 'error').map(formatProblem);
      throw new SliTerminalError(`${uri} on ${level} level cannot be used: ${places.join('; ')}`);
    }
    levels.push(model);
  }
  const merged = mergeIndicators(levels);
  if (levels.length > 0 && merged.size === 0) {
    throw new SliTerminalError(`missing required field: indicators (${uri} has no query on any level)`);
  }
  return merged;
}
