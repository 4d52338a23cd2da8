import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ProcessStartError } from './errors.ts';
import { identifyProcess, signalGroup } from './identity.ts';
import { logFile, openLog, readLogTail } from './log-file.ts';
import { removePidFile, writePidFile } from './pid-files.ts';

export interface ProcessSpec {
  /** Names the pid file and the log file; unique among the running processes of a state directory. */
  name: string;
  /** Program and arguments; no shell is involved. */
  argv: readonly [string, ...string[]];
  cwd?: string;
  /** Replaces the environment; default is this process's own. */
  env?: NodeJS.ProcessEnv;
  /** Asked every 50 ms until it answers true. */
  isReady: () => Promise<boolean>;
  /** Milliseconds, default 20,000. */
  readyTimeout?: number;
  /** Milliseconds between SIGTERM and SIGKILL, default 5,000. */
  stopTimeout?: number;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Settles when the process has ended, for whatever reason. */
  readonly exited: Promise<Exit>;
  /** SIGTERM to the process group, SIGKILL after the bound; settles when it has ended. May be called again. */
  stop(): Promise<Exit>;
  logTail(): string;
}

/**
 * Starts a child in a process group of its own, with a pid file and a log file, and waits until it is ready.
 * Throws ProcessStartError, with the last log lines, when it cannot start, ends early or is not ready in time.
 */
export async function startChild(
  stateDir: string,
  spec: ProcessSpec,
  signal?: AbortSignal,
): Promise<RunningProcess> {
  signal?.throwIfAborted();
  const running = await launch(stateDir, spec);
  try {
    await waitUntilReady(running, spec, signal);
    return running;
  } catch (error) {
    await running.stop();
    throw error;
  }
}

async function launch(stateDir: string, spec: ProcessSpec): Promise<RunningProcess> {
  const file = logFile(stateDir, spec.name);
  const log = openLog(file);
  const [program, ...args] = spec.argv;
  const child = spawn(program, args, {
    cwd: spec.cwd,
    env: spec.env ?? process.env,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  if (child.pid === undefined) throw await startFailure(child, spec);
  const { pid } = child;
  writePidFile(stateDir, spec.name, identifyProcess(pid));
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      removePidFile(stateDir, spec.name);
      signalGroup(pid, 'SIGKILL'); // what the program itself has started and left behind
      resolve({ code, signal });
    });
  });
  return {
    name: spec.name,
    pid,
    logFile: file,
    exited,
    stop: () => stop(pid, exited, spec.stopTimeout ?? 5000),
    logTail: () => readLogTail(file),
  };
}

async function startFailure(child: ChildProcess, spec: ProcessSpec): Promise<ProcessStartError> {
  const cause = await new Promise<NodeJS.ErrnoException>((resolve) => child.once('error', resolve));
  const program = spec.argv[0];
  const reason =
    cause.code === 'ENOENT'
      ? `the program ${program} was not found${spec.cwd ? ` (working directory ${spec.cwd})` : ''}; install it or correct its path`
      : `the program ${program} could not be started: ${cause.message}`;
  return new ProcessStartError('absent', `${spec.name}: ${reason}`, { cause });
}

async function stop(pid: number, exited: Promise<Exit>, stopTimeout: number): Promise<Exit> {
  signalGroup(pid, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), stopTimeout);
  try {
    return await exited;
  } finally {
    clearTimeout(timer);
  }
}

async function waitUntilReady(
  running: RunningProcess,
  spec: ProcessSpec,
  signal: AbortSignal | undefined,
): Promise<void> {
  const timeout = spec.readyTimeout ?? 20_000;
  const until = Date.now() + timeout;
  let exit: Exit | undefined;
  void running.exited.then((value) => {
    exit = value;
  });
  while (Date.now() < until) {
    signal?.throwIfAborted();
    const ready = await spec.isReady();
    if (exit) throw endedEarly(running, exit);
    if (ready) return;
    await Promise.race([delay(50), running.exited]);
  }
  throw new ProcessStartError(
    'timeout',
    `${spec.name} was not ready after ${timeout / 1000} s; its log ${running.logFile} ends with:\n${running.logTail()}`,
  );
}

function endedEarly(running: RunningProcess, exit: Exit): ProcessStartError {
  return new ProcessStartError(
    'ended',
    `${running.name} ended with ${exit.code ?? exit.signal} before it was ready; its log ${running.logFile} ends with:\n${running.logTail()}`,
  );
}
