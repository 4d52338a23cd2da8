import type { JsonObject } from '../../../contracts/json.ts';
import { PlatformTerminalError } from '../errors.ts';
import type { HelmCommand, Release } from './helm-command.ts';
import { objectAt } from './objects.ts';

/**
 * Refuses a release that was made for another service: a name that was cut, or `<x>-generated` of a service `x` beside a service
 * `x-generated`, means two services (helm-service 0.18 upgraded one with the other's chart). Releases of helm-service have
 * their service in the values too. Throws PlatformTerminalError.
 */
export async function refuseForeignRelease(
  helm: HelmCommand,
  release: Release,
  service: string,
): Promise<void> {
  if (release.name === `${release.namespace}-${service}` && !service.endsWith('-generated')) return;
  const owner = serviceOf(await helm.values(release));
  if (owner === undefined || owner === service) return;
  throw new PlatformTerminalError(
    `release ${release.name} in namespace ${release.namespace} belongs to the service ${owner}; rename ${service}, so that the first 42 characters differ and it does not end with -generated`,
  );
}

function serviceOf(values: JsonObject): string | undefined {
  const service = objectAt(values, 'keptn')?.service;
  return typeof service === 'string' ? service : undefined;
}
