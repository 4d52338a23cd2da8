import { posix } from 'node:path';
import type { JsonObject } from '../../contracts/json.ts';
import { RunnerTerminalError } from './errors.ts';
import type { RunRequest } from './runner.ts';

/** Where job-executor-service mounted the files. */
export const KEPTN_ROOT = '/keptn';
/** A Secret holds 1 MiB; names and encoding need some of it. */
const MAX_FILES_BYTES = 900_000;
/** What a run may write in all. */
const SIZE_LIMIT = '1Gi';

/** The files of a run as parts of a pod. */
export interface MountedFiles {
  readonly data: { readonly [key: string]: string };
  readonly volumes: JsonObject[];
  readonly mounts: JsonObject[];
}

/**
 * Each file read-only in a folder that the run may write to, below /keptn as job-executor-service left them; /tmp is
 * writable too. Throws RunnerTerminalError for refused paths and sizes.
 */
export function mountedFiles(request: RunRequest, secretName: string): MountedFiles {
  checkSize(request);
  const data: { [key: string]: string } = {};
  const items: JsonObject[] = [];
  const fileMounts: JsonObject[] = [];
  const folders = new Set([KEPTN_ROOT, '/tmp']);
  for (const [index, { path, content }] of request.files.entries()) {
    const inside = insideOf(path);
    data[`file-${index}`] = Buffer.from(content).toString('base64');
    items.push({ key: `file-${index}`, path: inside });
    const mountPath = `${KEPTN_ROOT}/${inside}`;
    for (let folder = posix.dirname(mountPath); folder !== KEPTN_ROOT; folder = posix.dirname(folder))
      folders.add(folder);
    fileMounts.push({ name: 'files', mountPath, subPath: inside, readOnly: true });
  }
  const sorted = [...folders].sort();
  return {
    data,
    volumes: [
      ...sorted.map((_folder, index) => ({ name: `folder-${index}`, emptyDir: { sizeLimit: SIZE_LIMIT } })),
      { name: 'files', secret: { secretName, items, optional: items.length === 0 } },
    ],
    mounts: [...sorted.map((mountPath, index) => ({ name: `folder-${index}`, mountPath })), ...fileMounts],
  };
}

function checkSize({ name, files }: RunRequest): void {
  const size = files.reduce((sum, { content }) => sum + content.length, 0);
  if (size <= MAX_FILES_BYTES) return;
  throw new RunnerTerminalError(
    `${name}: its files have ${size} bytes; a Secret holds ${MAX_FILES_BYTES}: name fewer files`,
  );
}

/** A path below the run's directory. */
export function insideOf(path: string): string {
  const normal = posix.normalize(path);
  if (!posix.isAbsolute(normal) && normal !== '.' && normal !== '..' && !normal.startsWith('../'))
    return normal;
  throw new RunnerTerminalError(
    `the file ${path} would lie outside of the run's directory: name it by a relative path`,
  );
}
