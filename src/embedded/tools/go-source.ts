import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import type { Source } from './tool.ts';

/** A program that is built from its Go module: takes minutes, and needs a Go toolchain on the PATH. */
export function goInstall(module: string, version: string): Source {
  const program = module.split('/').at(-1) ?? module;
  return {
    description: `go install ${module}@${version}`,
    origin: 'registry',
    async fetch({ into, onProgress }) {
      onProgress(`building ${module}@${version} from source (some minutes)`);
      // An own module cache would download twice; an own GOBIN keeps the person's bin directory clean.
      const scratch = await mkdtemp(join(tmpdir(), 'slipway-go-'));
      try {
        await runCommand('go', ['install', `${module}@${version}`], {
          cwd: scratch,
          env: { ...process.env, GOBIN: into, GOFLAGS: '-modcacherw' },
          timeoutSeconds: 1800,
        });
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
      return { program };
    },
  };
}
