import type { JsonObject } from '../../../contracts/json.ts';
import { PlatformTerminalError } from '../errors.ts';
import { isKind, objectAt, objectName, stringsAt } from './objects.ts';

/** Annotation with value `"true"` on the Deployment and the Service that a blue/green release is about. */
export const MAIN_ANNOTATION = 'slipway.dev/main';

/** The Deployment that is released and the Service that leads to it. */
export interface MainObjects {
  readonly deployment: JsonObject;
  readonly service: JsonObject;
}

/**
 * Finds the Deployment and the Service that a release is about. One of a kind needs no word; of several it is the annotated
 * one, else the one that the chart's values name (`slipway.deployment`, `slipway.service`), else the one with the Keptn
 * service's name. Keptn 1.4.5 refused such charts. Throws PlatformTerminalError when none or more than one is meant.
 */
export function mainObjects(
  objects: readonly JsonObject[],
  service: string,
  values: JsonObject,
): MainObjects {
  return {
    deployment: chosen(
      objects.filter((object) => isKind(object, 'apps', 'Deployment')),
      'deployment',
      service,
      values,
    ),
    service: chosen(
      objects.filter((object) => isKind(object, '', 'Service')),
      'service',
      service,
      values,
    ),
  };
}

/** The Service whose address a release is told by: the main one, or where none is meant the first, as in helm-service 0.18. */
export function addressedService(
  objects: readonly JsonObject[],
  service: string,
  values: JsonObject,
): JsonObject | undefined {
  const services = objects.filter((object) => isKind(object, '', 'Service'));
  return meant(services, 'service', service, values) ?? services[0];
}

function chosen(
  candidates: readonly JsonObject[],
  kind: 'deployment' | 'service',
  service: string,
  values: JsonObject,
): JsonObject {
  const found = meant(candidates, kind, service, values);
  if (found !== undefined) return found;
  const names = candidates.map(objectName).join(', ');
  throw new PlatformTerminalError(
    candidates.length === 0
      ? `the chart of ${service} renders no ${kind}; blue/green needs one Deployment and one Service`
      : `the chart of ${service} renders several ${kind}s (${names}); set the annotation ${MAIN_ANNOTATION}: "true" on one, or slipway.${kind} in its values`,
  );
}

function meant(
  candidates: readonly JsonObject[],
  kind: 'deployment' | 'service',
  service: string,
  values: JsonObject,
): JsonObject | undefined {
  const [only, second] = candidates;
  if (second === undefined) return only;
  const named = objectAt(values, 'slipway')?.[kind];
  const rules: ((object: JsonObject) => boolean)[] = [
    (object) => stringsAt(object, 'metadata', 'annotations')[MAIN_ANNOTATION] === 'true',
    (object) => objectName(object) === named,
    (object) => objectName(object) === service,
  ];
  for (const rule of rules) {
    const found = candidates.filter(rule);
    if (found.length === 1) return found[0];
  }
  return undefined;
}
