import { TrafficTerminalError } from './errors.ts';
import type { Observation, TrafficRouter } from './traffic-router.ts';

/** Router of a cluster in which nobody splits traffic: direct and user_managed deployments never ask it. */
export class NoTraffic implements TrafficRouter {
  /** Always throws TrafficTerminalError. */
  setWeights(): Promise<void> {
    return Promise.reject(
      new TrafficTerminalError(
        'blue/green needs somebody who splits the traffic; set SLIPWAY_TRAFFIC to istio or gateway-api, or use the strategy direct',
      ),
    );
  }

  observe(): Promise<Observation> {
    return Promise.resolve({ state: 'unknown', reason: 'no traffic router is configured (SLIPWAY_TRAFFIC)' });
  }

  drained(): Promise<'unknown'> {
    return Promise.resolve('unknown');
  }
}
