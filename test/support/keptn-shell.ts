import assert from 'node:assert/strict';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import { eventually } from './eventually.ts';
import { keptn, type Outcome } from './go-client.ts';

/** A shell in which somebody types Keptn's commands: `line` is what follows the word `keptn`. */
export class KeptnShell {
  readonly #where: { program: string; endpoint: string; token: string; cwd: string };

  /** `cwd` is the folder that the commands' files are in. */
  constructor(where: { program: string; endpoint: string; token: string; cwd: string }) {
    this.#where = where;
  }

  /** As the released program runs by default: the version of the server is asked before each command. Waits are a fifth. */
  run(line: string, typed: readonly string[] = []): Promise<Outcome> {
    const { program, ...where } = this.#where;
    const words = ['--version-check', '--pace=0.2', ...line.split(' ')];
    return keptn(program, { ...where, words, typed });
  }

  /** The command ends well; answers what came from the server. */
  async done(line: string, typed?: readonly string[]): Promise<unknown[]> {
    const { exit, shown, error } = await this.run(line, typed);
    assert.deepEqual([exit, error], [0, ''], line);
    return shown;
  }

  /** The command ends well and shows this. */
  async shows(line: string, shown: unknown[]): Promise<void> {
    assert.deepEqual(await this.run(line), { exit: 0, shown, error: '' }, line);
  }

  /** The command fails and says this of the server's. */
  async fails(line: string, message: string | RegExp): Promise<void> {
    const { exit, error } = await this.run(line);
    assert.equal(exit, 1, line);
    if (typeof message === 'string') assert.equal(error, message);
    else assert.match(error, message);
  }

  /** Types a command that lists events until there are some; in milliseconds. */
  awaited(line: string, timeoutMs = 60_000): Promise<KeptnEvent[]> {
    const find = async () => {
      const found = (await this.done(line)) as KeptnEvent[];
      return found.length > 0 ? found : undefined;
    };
    return eventually(line, find, timeoutMs);
  }
}
