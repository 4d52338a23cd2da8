import { spawn } from 'node:child_process';
import { ToolSourceError } from './errors.ts';

export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  timeoutSeconds: number;
  /** Called for each line of output. */
  onLine?: (line: string) => void;
}

const KEPT_CHARACTERS = 20_000;

/**
 * Runs a program to its end and answers its output, standard output before standard error, cut to the newest 20,000 characters.
 * Throws ToolSourceError when it is not there, ends with a code other than 0, or takes longer than the bound.
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<string> {
  const shown = [program, ...args].join(' ');
  const output = { stdout: '', stderr: '' };
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Not spawn's own option `timeout`: its timer keeps the process alive for the whole time when the program is not there.
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutSeconds * 1000);
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      output[name] = (output[name] + chunk).slice(-KEPT_CHARACTERS);
      if (options.onLine) for (const line of chunk.split('\n')) if (line.trim()) options.onLine(line.trim());
    });
  }
  const ended = await new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const reason =
        cause.code === 'ENOENT' ? 'is not on the PATH' : `could not be started: ${cause.message}`;
      reject(new ToolSourceError(`${program} ${reason}`, { cause }));
    });
    child.once('close', (code, signal) => resolve({ code, signal }));
  }).finally(() => clearTimeout(timer));
  if (ended.code === 0) return output.stdout + output.stderr;
  if (ended.signal === 'SIGKILL') {
    throw new ToolSourceError(`\`${shown}\` took longer than ${options.timeoutSeconds} s and was stopped`);
  }
  const lastLines = (output.stderr || output.stdout).trim().split('\n').slice(-3).join(' / ').slice(-600);
  throw new ToolSourceError(`\`${shown}\` ended with ${ended.code ?? ended.signal}: ${lastLines}`);
}
