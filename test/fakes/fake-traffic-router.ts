import { TrafficTerminalError } from '../../src/activities/traffic/errors.ts';
import type { Observation, TrafficRouter, Weights } from '../../src/activities/traffic/traffic-router.ts';

/** One data plane for one service; weights become visible after a number of looks, drains are answered in order. */
export class FakeTrafficRouter implements TrafficRouter {
  readonly written: Weights[] = [];
  /** Looks that answer `unknown` before new weights are seen. */
  looksUntilApplied = 0;
  /** Answers of `drained`, the last one for ever. */
  drains: ('drained' | 'busy' | 'unknown')[] = ['drained'];
  /** How often `observe` and `drained` were asked. */
  looks = 0;
  #weights: Weights = { primary: 100, canary: 0 };
  #remaining = 0;

  async setWeights({ weights }: { weights: Weights }): Promise<void> {
    if (weights.primary + weights.canary !== 100) {
      throw new TrafficTerminalError(
        `the weights ${weights.primary} and ${weights.canary} do not add up to 100`,
      );
    }
    this.written.push(weights);
    this.#weights = weights;
    this.#remaining = this.looksUntilApplied;
  }

  async observe(): Promise<Observation> {
    this.looks++;
    if (this.#remaining-- > 0) return { state: 'unknown', reason: 'the proxy has not answered yet' };
    return { state: 'observed', weights: this.#weights };
  }

  async drained(): Promise<'drained' | 'busy' | 'unknown'> {
    this.looks++;
    return (this.drains.length > 1 ? this.drains.shift() : this.drains[0]) ?? 'drained';
  }
}
