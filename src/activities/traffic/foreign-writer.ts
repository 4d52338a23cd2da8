import type { JsonObject } from '../../contracts/json.ts';
import { FIELD_MANAGER } from '../kubernetes/kubernetes-api.ts';
import { objectAt, objectsAt } from '../platform/helm/objects.ts';

/**
 * Tells who else has written a route's list, by its managed fields: `was changed by <manager> at <time> …`. Such a writer is
 * often a GitOps controller that puts the weights of its repository back.
 */
export function foreignWriter(route: JsonObject, listKey: string): string {
  const writers = objectsAt(route, 'metadata', 'managedFields')
    .filter(
      (entry) =>
        entry.manager !== FIELD_MANAGER &&
        objectAt(entry, 'fieldsV1', 'f:spec', `f:${listKey}`) !== undefined,
    )
    .sort((a, b) => String(a.time).localeCompare(String(b.time)));
  const last = writers.at(-1);
  const who = last === undefined ? 'by another writer' : `by ${String(last.manager)} at ${String(last.time)}`;
  return `was changed ${who} after Slipway wrote its weights; exclude the weights from that tool (ignoreDifferences in Argo CD)`;
}
