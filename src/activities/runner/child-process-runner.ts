import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EffectContext } from '../platform/platform.ts';
import {
  collectOutputs,
  placedArguments,
  placedEnvironment,
  placedWorkingDirectory,
  placeFiles,
} from './child-process-place.ts';
import { RunnerTerminalError } from './errors.ts';
import { type Ended, followProcess } from './follow-process.ts';
import type { Runner, RunRequest, RunResult } from './runner.ts';

/** How child processes are started. */
export interface ChildProcessOptions {
  /** Finds a program that is not on the PATH, for example in the cache; undefined leaves it to the PATH. */
  findProgram?: (name: string, context: EffectContext) => Promise<string | undefined>;
  /** Variables of the worker that runs get besides PATH, for example KUBECONFIG; default: none. */
  passedVariables?: readonly string[];
}

/**
 * Runs a tool as a child process of the worker, in a directory of its own with the run's files, which stands for /keptn in command,
 * arguments and variables. The program is the command's first word, found by its name: there are no images, no limits of memory and
 * no service accounts, so `image`, `resources`, `securityContext` and what else describes a pod have no effect. A run of the same
 * name in this process is joined, not started again.
 */
export class ChildProcessRunner implements Runner {
  readonly #options: ChildProcessOptions;
  readonly #running = new Map<string, Promise<RunResult>>();

  constructor(options: ChildProcessOptions = {}) {
    this.#options = options;
  }

  run(request: RunRequest, context: EffectContext): Promise<RunResult> {
    const key = `${request.namespace}/${request.name}`;
    const existing = this.#running.get(key);
    if (existing !== undefined) return existing;
    const run = this.#runOnce(request, context).finally(() => this.#running.delete(key));
    this.#running.set(key, run);
    return run;
  }

  async #runOnce(request: RunRequest, context: EffectContext): Promise<RunResult> {
    context.signal.throwIfAborted();
    refuseSecrets(request);
    const directory = await mkdtemp(join(tmpdir(), 'slipway-run-'));
    try {
      await placeFiles(request.files, directory);
      const ended = await this.#execute(request, directory, context);
      return { ...ended, outputs: await collectOutputs(request, directory) };
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  async #execute(request: RunRequest, directory: string, context: EffectContext): Promise<Ended> {
    const [name, ...args] = placedArguments(request, directory);
    if (name === undefined || request.command.length === 0) {
      throw new RunnerTerminalError(
        `${request.name} has no command: the image ${request.image} cannot run as a child process; name its program with cmd`,
      );
    }
    const program = (await this.#options.findProgram?.(name, context)) ?? name;
    const passed = (this.#options.passedVariables ?? []).map((variable) => [variable, process.env[variable]]);
    const cwd = await placedWorkingDirectory(request, directory);
    // Cancelled while its files were placed: nobody would tell the process.
    context.signal.throwIfAborted();
    const child = spawn(program, args, {
      cwd,
      env: {
        PATH: process.env.PATH,
        ...Object.fromEntries(passed),
        HOME: directory,
        TMPDIR: directory,
        ...placedEnvironment(request, directory),
      },
      detached: true, // a process group of its own, so that what it starts ends with it
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    context.progress(`${request.name}: running ${name}`);
    return followProcess(child, { request, program: name, context });
  }
}

function refuseSecrets({ name, envFromSecrets = [] }: RunRequest): void {
  if (envFromSecrets.length === 0) return;
  throw new RunnerTerminalError(
    `the secret ${envFromSecrets.join(', ')} of ${name} is not there; create it first with \`slipway create secret\``,
  );
}
