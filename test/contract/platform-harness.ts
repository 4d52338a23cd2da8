import type { EffectContext, Platform, ServiceRef, Side } from '../../src/activities/platform/platform.ts';
import type { TrafficRouter } from '../../src/activities/traffic/traffic-router.ts';
import type { JsonObject } from '../../src/contracts/json.ts';

/** A platform with its router, and a service whose files are stored and which is not deployed yet. */
export interface PlatformHarness {
  platform: Platform;
  router: TrafficRouter;
  service: ServiceRef;
  /** A service of the same project that has no chart. */
  serviceWithoutChart: ServiceRef;
  /** Values of two versions that work, of a third whose answers take 400 ms, and of one that never starts. */
  versions: { first: JsonObject; second: JsonObject; slow: JsonObject; broken: JsonObject };
  /** The version text that `served` answers for the values above. */
  names: { first: string; second: string; slow: string };
  /** Version that answers at an address. */
  served(address: string): Promise<string>;
  /** Ends a side at once, behind the platform's back and without any order: what a naive release does. */
  tearDown(side: Side): Promise<void>;
  stop(): Promise<void>;
}

/** A context that nobody cancels; its progress texts are kept. */
export function effectContext(): EffectContext & { texts: string[] } {
  const texts: string[] = [];
  return { signal: new AbortController().signal, progress: (text) => texts.push(text), texts };
}
