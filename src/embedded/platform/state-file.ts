import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EmbeddedStartError } from '../errors.ts';
import { platformStateSchema, type ServiceState } from './service-state.ts';

/** The local platform's memory, `platform.json` in the state directory; writes are atomic and one after the other. */
export class StateFile {
  readonly #file: string;
  #writing: Promise<void> = Promise.resolve();

  constructor(stateDir: string) {
    this.#file = join(stateDir, 'platform', 'platform.json');
  }

  /** Throws EmbeddedStartError for a file that is not ours. */
  async read(): Promise<ServiceState[]> {
    if (!existsSync(this.#file)) return [];
    try {
      return platformStateSchema.parse(JSON.parse(await readFile(this.#file, 'utf8'))).services;
    } catch (cause) {
      throw new EmbeddedStartError(
        `${this.#file} cannot be read as the local platform's state; move it away to start with no services`,
        { cause },
      );
    }
  }

  write(services: ServiceState[]): Promise<void> {
    const text = JSON.stringify({ version: 1, services }, undefined, 2);
    const next = this.#writing.then(async () => {
      await mkdir(dirname(this.#file), { recursive: true });
      await writeFile(`${this.#file}.part`, text);
      await rename(`${this.#file}.part`, this.#file);
    });
    this.#writing = next.catch(() => undefined); // this write's caller has the error; the next one is tried anew
    return next;
  }
}
