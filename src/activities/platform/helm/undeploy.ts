import { RESOURCES } from '../../kubernetes/resources.ts';
import type { EffectContext, ServiceRef } from '../platform.ts';
import { type HelmCluster, releaseOf } from './helm-cluster.ts';
import { namespaceOf } from './release-name.ts';
import { refuseForeignRelease } from './release-owner.ts';
import { SERVICE_LABEL } from './side-name.ts';

/** Names that Helm takes; a service of another name (`My_svc`) has never been installed. */
const INSTALLABLE = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

/** Removes both releases of a service and its route, which belongs to none of them; Platform.undeploy. */
export async function undeploy(
  { api, helm, mesh }: Pick<HelmCluster, 'api' | 'helm' | 'mesh'>,
  request: ServiceRef,
  context: EffectContext,
): Promise<void> {
  for (const generated of [true, false]) {
    const release = releaseOf(request, generated);
    if (!INSTALLABLE.test(release.name)) continue;
    await refuseForeignRelease(helm, release, request.service);
    context.progress(`removing release ${release.name}`);
    await helm.uninstall(release);
  }
  if (mesh === 'none') return;
  const resource = mesh === 'istio' ? RESOURCES.virtualService : RESOURCES.httpRoute;
  const namespace = namespaceOf(request);
  const labelSelector = `${SERVICE_LABEL}=${request.service}`;
  const routes = await api.list<{ metadata: { name: string } }>({ resource, namespace }, { labelSelector });
  for (const { metadata } of routes) await api.delete({ resource, namespace, name: metadata.name });
}
