import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { KeptnEvent } from '../../src/contracts/events.ts';

/** What happened outside, once per key: a stored event, a change of a running service, a sequence that was started. */
export interface Happening {
  kind: 'event' | 'change' | 'start';
  key: string;
  what: string;
  event?: KeptnEvent;
}

/**
 * The world of one service as one file of lines, which survives the death of the worker. Like the real adapters it
 * reads back before it acts: what is there already is not done again.
 */
export class World {
  readonly #file: string;

  constructor(directory: string, service: string) {
    this.#file = join(directory, `${service}.jsonl`);
  }

  read(): Happening[] {
    if (!existsSync(this.#file)) return [];
    const lines = readFileSync(this.#file, 'utf8').split('\n');
    lines.pop(); // what follows the last line end was cut off by a kill
    return lines.map((line) => JSON.parse(line) as Happening);
  }

  events(): KeptnEvent[] {
    return this.read().flatMap(({ event }) => (event === undefined ? [] : [event]));
  }

  /** True when it was added: it happened for the first time. */
  add(happening: Happening): boolean {
    const known = this.read().some(({ kind, key }) => kind === happening.kind && key === happening.key);
    if (known) return false;
    this.#append(happening);
    return true;
  }

  /** A level that is set and read back: setting it to what it is changes nothing. */
  set(name: string, value: string): boolean {
    const levels = this.read().filter(({ kind, key }) => kind === 'change' && key.startsWith(`${name}#`));
    if (levels.at(-1)?.what === `${name} ${value}`) return false;
    this.#append({ kind: 'change', key: `${name}#${levels.length}`, what: `${name} ${value}` });
    return true;
  }

  #append(happening: Happening): void {
    const file = openSync(this.#file, 'a');
    try {
      writeSync(file, `${JSON.stringify(happening)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}
