import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { say, until } from './command.ts';
import { type ClusterSettings, statePath } from './settings.ts';

const LAUNCH = 'echo $$ > "$0" && exec "$@"';

/**
 * Start time of a process in clock ticks since boot; undefined when it is gone or a zombie. With it a recycled process id
 * is never mistaken for one of ours.
 */
function startTime(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch (error) {
    if (
      (error as NodeJS.ErrnoException).code === 'ENOENT' ||
      (error as NodeJS.ErrnoException).code === 'ESRCH'
    )
      return undefined;
    throw error;
  }
}

/** The background programs of one cluster: each has a log and a file with its process id and start time. */
export class Processes {
  readonly #run: string;
  readonly #log: string;

  constructor(settings: ClusterSettings) {
    this.#run = statePath(settings, 'run');
    this.#log = statePath(settings, 'log');
  }

  /** Process id when the program runs. */
  pid(name: string): number | undefined {
    const file = join(this.#run, `${name}.pid`);
    if (!existsSync(file)) return undefined;
    const [pid, time] = readFileSync(file, 'utf8').trim().split(' ');
    return time !== undefined && startTime(Number(pid)) === time ? Number(pid) : undefined;
  }

  /** Starts the program unless it runs; it outlives this process. */
  async start(name: string, argv: readonly string[], env: { [name: string]: string } = {}): Promise<void> {
    if (this.pid(name) !== undefined) return;
    mkdirSync(this.#run, { recursive: true });
    mkdirSync(this.#log, { recursive: true });
    const fresh = join(this.#run, `${name}.new`);
    rmSync(fresh, { force: true });
    // Forked twice: Envoy asks for SIGTERM at its parent's death, so its parent must be gone before it begins.
    const launcher = spawn(
      'setsid',
      ['--fork', 'sh', '-c', `exec >"$0.out" 2>&1 </dev/null; ${LAUNCH}`, fresh, ...argv],
      {
        stdio: 'ignore',
        env: { ...process.env, ...env },
      },
    );
    await new Promise<void>((resolve, reject) => {
      launcher.once('error', reject);
      launcher.once('exit', () => resolve());
    });
    const pid = await until(`${name} to start`, 10, async () =>
      existsSync(fresh) ? Number(readFileSync(fresh, 'utf8')) || undefined : undefined,
    );
    writeFileSync(join(this.#run, `${name}.pid`), `${pid} ${startTime(pid) ?? ''}`);
    rmSync(fresh);
  }

  /** Newest lines of what the program wrote. */
  log(name: string, lines = 15): string {
    const file = join(this.#run, `${name}.new.out`);
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').slice(-lines).join('\n') : '';
  }

  /** Waits until the program is ready; says what it wrote when it ends before or takes too long. */
  async ready(name: string, seconds: number, probe: () => Promise<boolean>): Promise<void> {
    try {
      await until(`${name} to be ready`, seconds, async () => {
        if (this.pid(name) === undefined) throw new Error(`${name} has ended`);
        return probe();
      });
    } catch (error) {
      throw new Error(
        `${error instanceof Error ? error.message : String(error)}; its log ends with:\n${this.log(name)}`,
      );
    }
  }

  /** Asks the program to end, waits up to 20 s, then kills it; nothing but this very process is signalled. */
  async stop(name: string): Promise<void> {
    const pid = this.pid(name);
    if (pid !== undefined) {
      process.kill(pid, 'SIGTERM');
      for (let tries = 0; tries < 200 && this.pid(name) !== undefined; tries += 1) await delay(100);
      if (this.pid(name) !== undefined) process.kill(pid, 'SIGKILL');
      say(`${name} stopped`);
    }
    rmSync(join(this.#run, `${name}.pid`), { force: true });
  }
}
