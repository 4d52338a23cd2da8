import { PlatformTerminalError } from '../../src/activities/platform/errors.ts';
import type { Endpoints, Side } from '../../src/activities/platform/platform.ts';
import { TrafficTerminalError } from '../../src/activities/traffic/errors.ts';
import type { Observation, TrafficRouter, Weights } from '../../src/activities/traffic/traffic-router.ts';
import { FakePlatform } from './fake-platform.ts';

/** A platform and its router that know of each other: weights need endpoints, and a side with weight is not stopped. */
export class FakeTwoSides extends FakePlatform {
  /** Thrown by the next effect after it has happened: its answer is lost, as when a worker is killed. */
  loseNextAnswer = false;
  #weights: Weights = { primary: 100, canary: 0 };

  readonly router: TrafficRouter = {
    setWeights: async ({ weights, ...ref }) => {
      const ready = (await this.endpoints(ref))?.ready ?? { primary: false, canary: false };
      for (const side of ['primary', 'canary'] as const) {
        if (weights[side] > 0 && !ready[side])
          throw new TrafficTerminalError(`the ${side} side has no ready endpoint`);
      }
      this.#weights = weights;
      this.#answer();
    },
    observe: async (): Promise<Observation> => ({ state: 'observed', weights: this.#weights }),
    drained: async () => 'drained',
  };

  override async deploy(request: Parameters<FakePlatform['deploy']>[0]): ReturnType<FakePlatform['deploy']> {
    const before: Endpoints | undefined = await this.endpoints(request);
    const deployed = await super.deploy(request);
    if (before?.versions.primary === undefined)
      await super.promote({ ...request, idempotencyKey: `first/${request.idempotencyKey}` });
    this.#answer();
    return deployed;
  }

  override async promote(request: Parameters<FakePlatform['promote']>[0]): Promise<void> {
    await super.promote(request);
    this.#answer();
  }

  override async retire(request: Parameters<FakePlatform['retire']>[0]): Promise<void> {
    const side: Side = request.side;
    if (this.#weights[side] > 0)
      throw new PlatformTerminalError(`the ${side} still has ${this.#weights[side]} % of the traffic`);
    await super.retire(request);
    this.#answer();
  }

  #answer(): void {
    if (!this.loseNextAnswer) return;
    this.loseNextAnswer = false;
    throw new Error('the answer was lost');
  }
}
