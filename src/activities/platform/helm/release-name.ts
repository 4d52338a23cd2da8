import type { ServiceRef } from '../platform.ts';

const MAX_LENGTH = 52;

/** Namespace of a stage: `<project>-<stage>` (helm-service 0.18). */
export function namespaceOf(service: Pick<ServiceRef, 'project' | 'stage'>): string {
  return `${service.project}-${service.stage}`;
}

/** Chart name of the user's (`<service>`) or of the generated chart (`<service>-generated`). */
export function chartName(service: string, generated: boolean): string {
  return generated ? `${service}-generated` : service;
}

/**
 * Helm release name: `<project>-<stage>-<service>[-generated]`, kept under 53 characters by leaving out the project, then
 * the stage, then the end of the service's name (helm-service 0.18; the last form can be ambiguous, as it was there: the
 * platform refuses a release that belongs to another service). A name never ends with the dash at which it was cut.
 */
export function releaseName({ project, stage, service }: ServiceRef, generated: boolean): string {
  const suffix = generated ? '-generated' : '';
  for (const name of [`${project}-${stage}-${service}`, `${stage}-${service}`, service]) {
    if (name.length + suffix.length <= MAX_LENGTH) return name + suffix;
  }
  return service.slice(0, MAX_LENGTH - suffix.length).replace(/-+$/, '') + suffix;
}
