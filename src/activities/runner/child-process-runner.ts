import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import type { EffectContext } from '../platform/platform.ts';
import { RunnerTerminalError } from './errors.ts';
import type { Runner, RunRequest, RunResult } from './runner.ts';

/** Newest part of the output that is kept, in characters. */
const KEPT_OUTPUT = 60_000;
/** Milliseconds between SIGTERM and SIGKILL of a run that is stopped. */
const STOP_MILLISECONDS = 5000;

/**
 * Runs a tool as a child process of the worker, in a working directory of its own with the run's files. It has no images and no limits of
 * memory: `image`, `serviceAccount` and `limits` have no effect. A run of the same name in this process is joined, not started again.
 */
export class ChildProcessRunner implements Runner {
  readonly #running = new Map<string, Promise<RunResult>>();

  run(request: RunRequest, context: EffectContext): Promise<RunResult> {
    const key = `${request.namespace}/${request.name}`;
    const existing = this.#running.get(key);
    if (existing !== undefined) return existing;
    const run = runOnce(request, context).finally(() => this.#running.delete(key));
    this.#running.set(key, run);
    return run;
  }
}

async function runOnce(request: RunRequest, context: EffectContext): Promise<RunResult> {
  context.signal.throwIfAborted();
  const directory = await mkdtemp(join(tmpdir(), 'slipway-run-'));
  try {
    for (const { path, content } of request.files) {
      const target = join(directory, insideOf(path));
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content);
    }
    return await execute(request, directory, context);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function insideOf(path: string): string {
  const normal = normalize(path);
  if (!isAbsolute(normal) && normal !== '..' && !normal.startsWith('../')) return normal;
  throw new RunnerTerminalError(
    `the file ${path} would lie outside of the working directory: name it by a relative path`,
  );
}

async function execute(request: RunRequest, directory: string, context: EffectContext): Promise<RunResult> {
  const [program, ...args] = request.argv;
  if (program === undefined) {
    throw new RunnerTerminalError(
      `${request.name} has no command: a child process needs cmd, an image alone cannot run here`,
    );
  }
  const child = spawn(program, args, {
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: directory, TMPDIR: directory, ...request.env },
    detached: true, // a process group of its own, so that what it starts ends with it
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  context.progress(`${request.name}: running ${program}`);
  const logs = collect(child);
  let timedOut = false;
  const limit = setTimeout(() => {
    timedOut = true;
    stop(child);
  }, request.timeoutSeconds * 1000);
  const cancel = () => stop(child);
  context.signal.addEventListener('abort', cancel);
  try {
    const exitCode = await ended(child, program);
    context.signal.throwIfAborted();
    return { exitCode: timedOut ? exitCode || 137 : exitCode, logs: logs(), timedOut };
  } finally {
    clearTimeout(limit);
    context.signal.removeEventListener('abort', cancel);
    signalGroup(child, 'SIGKILL');
  }
}

function collect(child: ChildProcess): () => string {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      output = (output + chunk).slice(-KEPT_OUTPUT);
    });
  }
  return () => output;
}

/** The exit code, 128 and more for a signal, as a shell counts it. */
function ended(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'ENOENT' ? 'is not on the PATH of the worker' : cause.message;
      reject(new RunnerTerminalError(`the program ${program} cannot run: ${reason}`, { cause }));
    });
    child.once('exit', (code, signal) => {
      // A grandchild may hold the pipes open for ever: what is written after the end of the program does not count.
      const done = () => resolve(code ?? (signal === 'SIGKILL' ? 137 : 143));
      const timer = setTimeout(done, 500);
      child.once('close', () => {
        clearTimeout(timer);
        done();
      });
    });
  });
}

function stop(child: ChildProcess): void {
  signalGroup(child, 'SIGTERM');
  const kill = () => {
    if (child.exitCode === null && child.signalCode === null) signalGroup(child, 'SIGKILL');
  };
  setTimeout(kill, STOP_MILLISECONDS).unref();
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
