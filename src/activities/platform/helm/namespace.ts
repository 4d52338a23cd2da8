import type { JsonObject } from '../../../contracts/json.ts';
import { isConflict, KubernetesApiError } from '../../kubernetes/errors.ts';
import { RESOURCES } from '../../kubernetes/resources.ts';
import type { DeployRequest, EffectContext } from '../platform.ts';
import type { HelmCluster } from './helm-cluster.ts';
import { stringsAt } from './objects.ts';
import { namespaceOf } from './release-name.ts';

/**
 * Creates the namespace of a stage where it is missing. With Istio that of a blue/green service is labelled for sidecars, as
 * helm-service 0.18 did; other choices stay.
 */
export async function ensureNamespace(
  { api, mesh }: Pick<HelmCluster, 'api' | 'mesh'>,
  request: DeployRequest,
  context: EffectContext,
): Promise<void> {
  const name = namespaceOf(request);
  const path = { resource: RESOURCES.namespace, name };
  const labels: JsonObject = mesh === 'istio' ? { 'istio-injection': 'enabled' } : {};
  try {
    const found = await api.find<JsonObject>(path);
    if (found === undefined) {
      await api.create({ resource: RESOURCES.namespace }, { metadata: { name, labels } });
    } else if (request.strategy === 'duplicate' && mesh === 'istio' && !saysHowMeshed(found)) {
      await api.mergePatch(path, { metadata: { labels } });
    }
  } catch (error) {
    if (isConflict(error)) return;
    // The rights of the chart end at its namespaces: who made this one has decided about its labels.
    if (!(error instanceof KubernetesApiError && error.status === 403)) throw error;
    if ((await api.find(path)) === undefined) throw error;
    context.progress(`namespace ${name} is not labelled istio-injection=enabled: ${error.message}`);
  }
}

/** True when somebody has decided about sidecars: by injection, by a revision of Istio, or by ambient mode. */
function saysHowMeshed(namespace: JsonObject): boolean {
  const labels = stringsAt(namespace, 'metadata', 'labels');
  return ['istio-injection', 'istio.io/rev', 'istio.io/dataplane-mode'].some((key) => key in labels);
}
