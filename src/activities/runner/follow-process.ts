import type { ChildProcess } from 'node:child_process';
import type { EffectContext } from '../platform/platform.ts';
import { RunnerTerminalError } from './errors.ts';
import type { RunRequest, RunResult } from './runner.ts';

/** Newest part of the output that is kept, in characters. */
const KEPT_OUTPUT = 60_000;
/** Milliseconds between SIGTERM and SIGKILL of a run that is stopped. */
const STOP_MILLISECONDS = 5000;

/** How a process ended, without the files that it left. */
export type Ended = Omit<RunResult, 'outputs'>;

/**
 * Waits for a run to end: its time and a cancellation stop the whole process group, first with SIGTERM, then with SIGKILL.
 * Throws RunnerTerminalError when the program cannot be started, and the reason of the cancellation.
 */
export async function followProcess(
  child: ChildProcess,
  { request, program, context }: { request: RunRequest; program: string; context: EffectContext },
): Promise<Ended> {
  const logs = collect(child, (output) => {
    const progress = request.progressOf?.(output);
    if (progress !== undefined) context.progress(progress);
  });
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

function collect(child: ChildProcess, onOutput: (output: string) => void): () => string {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      output = (output + chunk).slice(-KEPT_OUTPUT);
      onOutput(output);
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
