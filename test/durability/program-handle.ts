import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A program of this folder in a process of its own that stands by, works, and is killed. */
export class ProgramHandle<Options extends { directory: string }, Order> {
  readonly #child: ChildProcess;
  readonly #ready: Promise<void>;
  readonly #exited: Promise<void>;
  #errors = '';

  constructor(program: string, options: Options) {
    const path = fileURLToPath(new URL(program, import.meta.url));
    this.#child = spawn(process.execPath, [path, JSON.stringify(options)], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, NODE_COMPILE_CACHE: join(options.directory, 'compiled') },
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.#errors += String(chunk);
    });
    this.#child.stdin?.on('error', () => undefined); // it was killed; its exit tells
    this.#exited = once(this.#child, 'exit').then(() => undefined);
    this.#ready = new Promise((resolve, reject) => {
      this.#child.stdout?.once('data', () => resolve());
      this.#child.once('exit', () => reject(new Error(`${program} did not start: ${this.#errors}`)));
    });
    this.#ready.catch(() => undefined); // told by work()
  }

  /** Sets it to work; a program that could not start throws here, with what it printed. */
  async work(order: Order): Promise<void> {
    await this.#ready;
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  get exited(): Promise<void> {
    return this.#exited;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
