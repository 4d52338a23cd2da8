import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Finding, failed, messageOf, ok } from './check.ts';

/** The helm program that workers call: version 3 or 4. */
export async function checkHelm(program: string): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)(program, ['version', '--template={{.Version}}'], {
      timeout: 10_000,
    });
    const version = stdout.trim();
    const major = Number(/^v(\d+)\./.exec(version)?.[1]);
    if (major === 3 || major === 4) return ok('helm', `${version}, ${program}`);
    return failed('helm', `${program} calls its version ${version.slice(0, 100)}`, 'install helm 3 or 4');
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const detail = absent ? `${program} is not there` : messageOf(error).slice(0, 500);
    return failed('helm', detail, 'install helm 3 or 4, or set SLIPWAY_HELM to its path');
  }
}
