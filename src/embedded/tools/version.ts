import { runCommand } from './command.ts';
import type { Tool } from './tool.ts';

/** Compares dotted version numbers: negative when `left` is older, 0 when equal; what follows a number (`-rc1`, `+ds`) is ignored. */
export function compareVersions(left: string, right: string): number {
  const numbers = (version: string) => version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [a, b] = [numbers(left), numbers(right)];
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Asks the program at `path` for its version; undefined when it does not print one. Throws ToolSourceError when it cannot run. */
export async function readVersion(tool: Tool, path: string): Promise<string | undefined> {
  const output = await runCommand(path, tool.versionArgs, { timeoutSeconds: 20 });
  return tool.versionPattern.exec(output)?.[1];
}
