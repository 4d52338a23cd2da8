import type { EffectContext, ServiceRef, Side } from '../platform/platform.ts';

/** Shares of traffic in percent: whole numbers from 0 to 100 that add up to 100. */
export interface Weights {
  primary: number;
  canary: number;
}

/**
 * What the data plane really does: `unknown` is an answer, a guess is not. `unrouted` is a service that runs with two sides and
 * has no Service, so that nobody calls it.
 */
export type Observation =
  | { state: 'observed'; weights: Weights }
  | { state: 'unknown'; reason: string }
  | { state: 'unrouted' };

/** Splits the traffic of a service between its two sides; one that is `unrouted` has none to split. Throws TrafficError types. */
export interface TrafficRouter {
  /** Writes both weights in one atomic step after checking that a side with weight has ready endpoints; no-op when they already stand. */
  setWeights(request: ServiceRef & { weights: Weights }, context: EffectContext): Promise<void>;
  /** Reads the weights that the data plane applies now. */
  observe(request: ServiceRef): Promise<Observation>;
  /** True once no request is in flight on the side; `unknown` where the data plane cannot tell (the caller then waits its drain time). */
  drained(request: ServiceRef & { side: Side }): Promise<'drained' | 'busy' | 'unknown'>;
}
