import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Endpoints, Side } from '../../src/activities/platform/platform.ts';
import type { Observation } from '../../src/activities/traffic/traffic-router.ts';

/** One move of a walk; what it does not need it ignores. */
export interface Move {
  readonly kind: 'deploy' | 'shift' | 'promote' | 'abort promotion' | 'retire' | 'repeat';
  readonly version: 0 | 1;
  /** Percent for the canary. */
  readonly canary: number;
  /** Kills the worker this many milliseconds after the step has begun, where the world can; the step is then repeated. */
  readonly killAfterMs: number | undefined;
  readonly abortAfterMs: number;
}

/** Any moves, with promotions and shifts more often than the rest. */
export const moves: fc.Arbitrary<Move> = fc.record({
  kind: fc.constantFrom(
    'deploy',
    'deploy',
    'shift',
    'shift',
    'promote',
    'abort promotion',
    'retire',
    'repeat',
  ),
  version: fc.constantFrom(0, 1),
  canary: fc.constantFrom(0, 1, 25, 50, 100, 100),
  killAfterMs: fc.option(fc.integer({ min: 0, max: 1500 }), { nil: undefined, freq: 3 }),
  abortAfterMs: fc.integer({ min: 0, max: 1500 }),
});

/** A step as a worker carries it out; repeated with the same key it must change nothing more. */
export type Step =
  | { readonly kind: 'deploy'; readonly image: string; readonly key: string }
  | { readonly kind: 'promote'; readonly key: string }
  | { readonly kind: 'shift'; readonly primary: number; readonly canary: number }
  | { readonly kind: 'drain' | 'retire'; readonly side: Side };

/** A service of which version `images[0]` serves on the primary, with a stopped canary and all users on the primary. */
export interface WalkedService {
  readonly images: readonly [string, string];
  run(step: Step): Promise<void>;
  /** Begins the step and kills who carries it out: it may be done, half done, or not begun. */
  kill(step: Step, afterMs: number): Promise<void>;
  /** Begins a promotion and aborts it; answers whether it was done before. */
  abortPromotion(key: string, afterMs: number): Promise<boolean>;
  endpoints(): Promise<Endpoints | undefined>;
  observe(): Promise<Observation>;
}

/**
 * Walks through releases in any order and compares the service with a model after each move: weights as written and seen by the
 * data plane, versions of both sides, and ready endpoints wherever there is weight. What may not be done must be refused and
 * change nothing.
 */
export class ReleaseWalk {
  readonly #service: WalkedService;
  readonly #model: { primary: string; canary: string | undefined; weight: number };
  #last: Step | undefined;
  #keys = 0;

  constructor(service: WalkedService) {
    this.#service = service;
    this.#model = { primary: service.images[0], canary: undefined, weight: 0 };
  }

  /** Does one move and checks what came of it. */
  async go(move: Move): Promise<void> {
    await this.#move(move);
    await this.check();
  }

  async check(): Promise<void> {
    const { primary, canary, weight } = this.#model;
    const weights = { primary: 100 - weight, canary: weight };
    assert.deepEqual(await this.#service.observe(), { state: 'observed', weights });
    const found = await this.#service.endpoints();
    assert.deepEqual(found?.versions, { primary, ...(canary === undefined ? {} : { canary }) });
    for (const side of ['primary', 'canary'] as const)
      if (weights[side] > 0) assert.ok(found?.ready[side], `${side} has ${weights[side]} % and is not ready`);
  }

  async #move(move: Move): Promise<void> {
    switch (move.kind) {
      case 'deploy':
        return this.#deploy(move);
      case 'shift':
        return this.#shift(move, move.canary);
      case 'promote':
      case 'abort promotion':
        return this.#promote(move);
      case 'retire':
        return this.#retire(move);
      case 'repeat':
        return this.#last === undefined ? undefined : this.#service.run(this.#last);
    }
  }

  /** A version that serves is not replaced in place: its users go back to the primary first, as the workflow does it. */
  async #deploy(move: Move): Promise<void> {
    if (this.#model.weight > 0) {
      await this.#shift(move, 0);
      await this.#service.run({ kind: 'drain', side: 'canary' });
    }
    const image = this.#service.images[move.version];
    await this.#carryOut(move, { kind: 'deploy', image, key: this.#key() });
    this.#model.canary = image;
  }

  async #shift(move: Move, canary: number): Promise<void> {
    const step: Step = { kind: 'shift', primary: 100 - canary, canary };
    if (canary > 0 && this.#model.canary === undefined) {
      await assert.rejects(this.#service.run(step), /no ready endpoint/);
      return;
    }
    await this.#carryOut(move, step);
    this.#model.weight = canary;
  }

  async #promote(move: Move): Promise<void> {
    const { canary } = this.#model;
    if (canary === undefined) return;
    await this.#shift(move, 100);
    await this.#service.run({ kind: 'drain', side: 'primary' });
    const step: Step = { kind: 'promote', key: this.#key() };
    if (move.kind === 'promote') await this.#carryOut(move, step);
    else if (!(await this.#service.abortPromotion(step.key, move.abortAfterMs))) return;
    this.#model.primary = canary;
  }

  async #retire(move: Move): Promise<void> {
    const step: Step = { kind: 'retire', side: 'canary' };
    if (this.#model.weight > 0) {
      await assert.rejects(this.#service.run(step), /still has/);
      return;
    }
    await this.#service.run({ kind: 'drain', side: 'canary' });
    await this.#carryOut(move, step);
    this.#model.canary = undefined;
  }

  async #carryOut({ killAfterMs }: Move, step: Step): Promise<void> {
    if (killAfterMs !== undefined) await this.#service.kill(step, killAfterMs);
    await this.#service.run(step);
    this.#last = step;
  }

  #key(): string {
    this.#keys += 1;
    return `walk-${this.#keys}`;
  }
}
