import type { Shipyard, TaskDefinition } from '../../sequence/types.ts';
import { type DocumentPath, formatPath, type Problem } from '../problem.ts';
import type { CheckedFile } from '../validate.ts';
import { composeYaml } from '../yaml/compose.ts';
import { nearestNode } from '../yaml/locate.ts';
import type { FormatModels, FormatName } from './formats.ts';

/** A usable file of one format. */
export interface Usable<Model> {
  file: string;
  text: string;
  model: Model;
}

/** The usable files of one format. */
export function modelsOf<Name extends FormatName>(
  files: readonly CheckedFile[],
  format: Name,
): Usable<FormatModels[Name]>[] {
  return files.flatMap(({ file, text, model, format: own }) =>
    own === format && model !== undefined ? [{ file, text, model: model as FormatModels[Name] }] : [],
  );
}

/** A warning at a path of a file. */
export function warn(
  { file, text }: { file: string; text: string },
  path: DocumentPath,
  [message, hint]: readonly [string, string],
): Problem {
  const { root, position } = composeYaml(text, { file });
  const place = position(nearestNode(root, path)?.offset ?? 0);
  return { severity: 'warning', file, ...place, path: formatPath(path), message, hint };
}

/** A task of a shipyard, with the way to it. */
export interface PlacedTask {
  source: Usable<Shipyard>;
  /** `<stage>.<sequence>` */
  owner: string;
  task: TaskDefinition;
  path: DocumentPath;
}

function tasksOf(source: Usable<Shipyard>): PlacedTask[] {
  return source.model.stages.flatMap((stage, s) =>
    stage.sequences.flatMap((sequence, q) =>
      sequence.tasks.map((task, t) => ({
        source,
        owner: `${stage.name}.${sequence.name}`,
        task,
        path: ['spec', 'stages', s, 'sequences', q, 'tasks', t],
      })),
    ),
  );
}

/** All tasks of all shipyards. */
export function allTasks(files: readonly CheckedFile[]): PlacedTask[] {
  return modelsOf(files, 'shipyard').flatMap(tasksOf);
}
