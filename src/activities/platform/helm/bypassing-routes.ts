import type { Json, JsonObject } from '../../../contracts/json.ts';
import { isJsonObject } from '../../../contracts/json.ts';
import { objectAt, objectName } from './objects.ts';

/** Kinds that lead users to a Service by its name. */
const ROUTES = new Set(['Ingress', 'Route', 'IngressRoute', 'HTTPRoute', 'GRPCRoute', 'TCPRoute']);
/** Fields under which such kinds name their Services. */
const BACKENDS = new Set(['backend', 'service', 'backendRefs', 'services', 'to', 'alternateBackends']);

/**
 * What to tell about routes of the user's chart that lead to the Service past the weights: its pods are those of the canary,
 * which is stopped after a release (as in helm-service 0.18). Empty when there are none.
 */
export function bypassingRoutes(manifest: readonly JsonObject[], service: string): string[] {
  return manifest
    .filter((object) => ROUTES.has(String(object.kind)) && names(objectAt(object, 'spec'), service, false))
    .map(
      (object) =>
        `${String(object.kind)} ${objectName(object)} of the chart leads to Service ${service} past the weights, and to no pod once a release has stopped the canary; let it lead to ${service}-primary`,
    );
}

function names(value: Json | undefined, service: string, backend: boolean): boolean {
  if (Array.isArray(value)) return value.some((item) => names(item, service, backend));
  if (!isJsonObject(value)) return false;
  if (value.serviceName === service || (backend && value.name === service)) return true;
  return Object.entries(value).some(([key, item]) => names(item, service, BACKENDS.has(key)));
}
