import { readdir, readFile, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { SourceFile } from '../../files/validate.ts';
import { reasonOf } from '../read-input.ts';
import { UsageError } from '../usage-error.ts';

/** Files larger than this are refused, in bytes: no file of a known format comes near. */
const MAX_BYTES = 20 * 1024 * 1024;
/** A directory with more YAML files than this was named by mistake. */
const MAX_FILES = 5000;

/** Reads the named files, and the YAML files below the named directories. Throws UsageError for what cannot be read. */
export async function collectFiles(paths: readonly string[]): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for (const path of paths) {
    const found = await stat(path).catch((error: unknown) => {
      throw new UsageError(`cannot read ${path}: ${reasonOf(error)}`, 'name files or directories that exist');
    });
    if (!found.isDirectory()) files.push(await readSource(path, 'named'));
    else for (const file of await yamlFilesBelow(path)) files.push(await readSource(file, 'found'));
  }
  return files;
}

/** Where Keptn kept stages and services that have no branches of their own (DIRECTORY_STAGE_STRUCTURE). */
const STAGES = '.keptn-stages';

/** Hidden directories, node_modules and Helm charts (their templates are no YAML) are left out. */
async function yamlFilesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  if (entries.some((entry) => entry.name === 'Chart.yaml')) return [];
  const files: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    const hidden = entry.name.startsWith('.') && entry.name !== STAGES;
    if (entry.isDirectory() && !hidden && entry.name !== 'node_modules') {
      files.push(...(await yamlFilesBelow(path)));
    } else if (entry.isFile() && /\.ya?ml$/.test(entry.name)) files.push(path);
    if (files.length > MAX_FILES)
      throw new UsageError(
        `${directory} holds more than ${MAX_FILES} YAML files`,
        'name the project’s directory',
      );
  }
  return files;
}

async function readSource(path: string, mode: SourceFile['mode']): Promise<SourceFile> {
  const file = path.split(sep).join('/');
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES)
      throw new UsageError(`${path} has ${size} bytes, more than ${MAX_BYTES}`, 'split it');
    return { file, text: await readFile(path, 'utf8'), mode };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read ${path}: ${reasonOf(error)}`, 'correct its permissions');
  }
}
