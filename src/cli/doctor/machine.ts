import { execFile } from 'node:child_process';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Finding, failed, ok, warning } from './check.ts';

/** Node, the C library, git, and one version of the Temporal packages. */
export async function checkMachine(): Promise<Finding[]> {
  return [checkNode(), checkLibc(), await checkGit(), await checkTemporalPackages()];
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const detail = `${process.version} on ${process.platform}-${process.arch}`;
  if (major > 22 || (major === 22 && minor >= 18)) return ok('Node', detail);
  return failed('Node', detail, 'use Node 22.18 or newer');
}

/** Temporal's native part is built for glibc: on musl (Alpine) the worker cannot start. */
function checkLibc(): Finding {
  if (process.platform !== 'linux') return ok('C library', process.platform);
  const glibc = glibcVersion(process.report?.getReport());
  if (glibc !== undefined) return ok('C library', `glibc ${glibc}`);
  return failed('C library', 'musl', 'use a Debian based image: Temporal has no worker for musl (Alpine)');
}

function glibcVersion(report: unknown): string | undefined {
  if (typeof report !== 'object' || report === null || !('header' in report)) return undefined;
  const { header } = report;
  if (typeof header !== 'object' || header === null || !('glibcVersionRuntime' in header)) return undefined;
  return typeof header.glibcVersionRuntime === 'string' ? header.glibcVersionRuntime : undefined;
}

async function checkGit(): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)('git', ['--version'], { timeout: 10_000 });
    const [version = '', major = '0', minor = '0'] = /(\d+)\.(\d+)[^ ]*/.exec(stdout.trim()) ?? [];
    if (Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 28)) return ok('git', version);
    return warning('git', version || stdout.trim(), 'use git 2.28 or newer');
  } catch (error) {
    const reason =
      error instanceof Error && 'code' in error && error.code === 'ENOENT'
        ? 'not on the PATH'
        : String(error);
    return failed('git', reason, 'install git: the projects’ files are kept in Git repositories');
  }
}

/** Two versions of a Temporal package in one process fail in ways that are hard to read. */
async function checkTemporalPackages(): Promise<Finding> {
  const require = createRequire(import.meta.url);
  // The package is asked for by its main file: its package.json is not exported.
  const scope = dirname(dirname(dirname(await realpath(require.resolve('@temporalio/common')))));
  const names = (await readdir(scope)).sort();
  const found = await Promise.all(names.map(async (name) => `${name} ${await versionAt(join(scope, name))}`));
  const nested = (await Promise.all(names.map((name) => nestedCopies(join(scope, name))))).flat();
  const versions = new Set(found.map((entry) => entry.split(' ')[1]));
  if (versions.size === 1 && nested.length === 0)
    return ok('Temporal packages', `${[...versions][0]}, one version`);
  const detail = nested.length > 0 ? `copies below ${nested.join(', ')}` : found.join(', ');
  return failed(
    'Temporal packages',
    detail,
    'give all @temporalio packages one version and install again (npm ci)',
  );
}

async function versionAt(directory: string): Promise<string> {
  const { version }: { version: string } = JSON.parse(
    await readFile(join(directory, 'package.json'), 'utf8'),
  );
  return version;
}

async function nestedCopies(directory: string): Promise<string[]> {
  const nested = join(directory, 'node_modules', '@temporalio');
  try {
    return (await readdir(nested)).map((name) => join(nested, name));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
