import { PlatformTerminalError } from '../errors.ts';
import type { ServiceRef, Side } from '../platform.ts';

/** Labels of the generated Services, by which the traffic routers find the two sides of a Keptn service. */
export const SERVICE_LABEL = 'slipway.dev/service';
export const SIDE_LABEL = 'slipway.dev/side';

/** Labels of the primary's Deployment where the chart has no Service. */
export function unroutedLabels({ service }: Pick<ServiceRef, 'service'>): { [label: string]: string } {
  return { [SERVICE_LABEL]: service, [SIDE_LABEL]: 'primary' };
}

/** Characters that Kubernetes gives to the name of a Service, and to that of nearly everything else. */
const MAX_SERVICE_LENGTH = 63;
const MAX_NAME_LENGTH = 253;

/**
 * Name of a side's object: `<name>-primary` or `<name>-canary` (helm-service 0.18); throws PlatformTerminalError above 253
 * characters, or 63 for a Service.
 */
export function sideName(name: string, side: Side, kind: 'Service' | 'other' = 'other'): string {
  const full = `${name}-${side}`;
  const limit = kind === 'Service' ? MAX_SERVICE_LENGTH : MAX_NAME_LENGTH;
  if (full.length > limit) {
    throw new PlatformTerminalError(
      `${full} has more than the ${limit} characters of ${kind === 'Service' ? "a Service's" : 'a'} name; shorten ${name} in the chart (charts of helm create: fullnameOverride)`,
    );
  }
  return full;
}
