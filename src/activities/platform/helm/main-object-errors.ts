import type { JsonObject } from '../../../contracts/json.ts';
import { PlatformTerminalError } from '../errors.ts';
import type { ServiceRef } from '../platform.ts';
import { objectAt, objectName, stringsAt } from './objects.ts';

/** Annotation with value `"true"` on the Deployment and the Service that a blue/green release is about. */
export const MAIN_ANNOTATION = 'slipway.dev/main';

/** Of several Deployments or Services none, or more than one, is meant; or there is none at all. */
export function undecided(
  candidates: readonly JsonObject[],
  kind: 'deployment' | 'service',
  { service }: ServiceRef,
  objects: readonly JsonObject[] = [],
): PlatformTerminalError {
  const names = candidates.map(objectName).join(', ');
  const old = objects.find((object) => object.kind === 'Deployment');
  if (candidates.length > 0)
    return new PlatformTerminalError(
      `the chart of ${service} renders several ${kind}s (${names}); set the annotation ${MAIN_ANNOTATION}: "true" on one, or slipway.${kind} to its name in the chart's values`,
    );
  return new PlatformTerminalError(
    old === undefined
      ? `the chart of ${service} renders no ${kind}; blue/green and scaling are about a Deployment: use the strategy direct or user_managed for this chart`
      : `Deployment ${objectName(old)} in the chart of ${service} has the apiVersion ${String(old.apiVersion)}, which Kubernetes no longer has; write apps/v1 (it needs spec.selector)`,
  );
}

/** The Service that is meant leads to other pods, or to none. */
export function notLeading(
  service: JsonObject,
  deployment: JsonObject,
  ref: ServiceRef,
): PlatformTerminalError {
  const labels = labelText(stringsAt(deployment, 'spec', 'template', 'metadata', 'labels'));
  return new PlatformTerminalError(
    `Service ${objectName(service)} in the chart of ${ref.service} ${whereTo(service)} Deployment ${objectName(deployment)} (${labels}), so that its traffic cannot be shifted; correct the selector, or name the Service that leads there by the annotation ${MAIN_ANNOTATION}: "true" or by slipway.service in the chart's values`,
  );
}

function whereTo(service: JsonObject): string {
  const spec = objectAt(service, 'spec');
  const selector = stringsAt(service, 'spec', 'selector');
  if (spec?.type === 'ExternalName') return 'is an ExternalName and leads to no pod of';
  if (Object.keys(selector).length === 0) return 'has no selector and leads to no pod of';
  return `selects ${labelText(selector)} and no pod of`;
}

const labelText = (labels: { [key: string]: string }): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
