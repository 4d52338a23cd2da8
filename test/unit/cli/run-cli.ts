import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How a command ended. */
export interface CliEnd {
  code: number | null;
  stdout: string;
  stderr: string;
}

const MAIN = join(import.meta.dirname, '..', '..', '..', 'src', 'cli', 'main.ts');

/** A directory and an environment that know nothing of the machine's own Slipway. */
export class CliSandbox {
  readonly directory = mkdtempSync(join(tmpdir(), 'slipway-cli-'));
  env: Record<string, string> = {};

  /** Runs `slipway` with the Node of this process, in the sandbox. */
  run(args: readonly string[], stdin = ''): Promise<CliEnd> {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: this.directory,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: this.directory,
        USER: 'tester',
        NO_COLOR: '1',
        SLIPWAY_CACHE: process.env.SLIPWAY_CACHE ?? '',
        ...this.env,
      },
    });
    const end = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        end[name] += text;
      });
    }
    child.stdin.on('error', () => undefined).end(stdin);
    return new Promise((resolve, reject) => {
      child.once('error', reject).once('close', (code) => resolve({ code, ...end }));
    });
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
