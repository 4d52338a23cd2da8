import { callLocalPlatform, LocalCallError, type LocalPlatformAddress } from '../platform/local-client.ts';
import type { EffectContext, ServiceRef, Side } from '../platform/platform.ts';
import { TrafficRetryableError, TrafficTerminalError } from './errors.ts';
import type { Observation, TrafficRouter, Weights } from './traffic-router.ts';

/** Traffic of the embedded platform: the weighted proxies in the supervisor of `slipway dev`. */
export class LocalTraffic implements TrafficRouter {
  readonly #address: LocalPlatformAddress;

  constructor(address: LocalPlatformAddress) {
    this.#address = address;
  }

  async setWeights(
    { project, stage, service, weights }: ServiceRef & { weights: Weights },
    context: EffectContext,
  ): Promise<void> {
    const request = { project, stage, service, weights };
    await asTrafficErrors(callLocalPlatform(this.#address, 'weights', request, context));
  }

  async observe({ project, stage, service }: ServiceRef): Promise<Observation> {
    const request = { project, stage, service };
    const weights = await asTrafficErrors(callLocalPlatform(this.#address, 'observe', request));
    if (weights) return { state: 'observed', weights };
    return { state: 'unknown', reason: `${service} is not deployed in stage ${stage} of ${project}` };
  }

  async drained({
    project,
    stage,
    service,
    side,
  }: ServiceRef & { side: Side }): Promise<'drained' | 'busy' | 'unknown'> {
    const request = { project, stage, service, side };
    return (await asTrafficErrors(callLocalPlatform(this.#address, 'drained', request))) ?? 'unknown';
  }
}

async function asTrafficErrors<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof LocalCallError)) throw error;
    if (error.kind === 'terminal') throw new TrafficTerminalError(error.message, { cause: error });
    throw new TrafficRetryableError(error.message, { cause: error });
  }
}
