import type { JsonObject } from '../../../contracts/json.ts';
import type { ServiceRef } from '../platform.ts';
import { type Chart, generatedChart, type Template } from './chart.ts';
import { type IngressOptions, publicHost } from './deployment-uris.ts';
import { SERVICE_LABEL } from './duplicate-chart.ts';
import { isKind, objectName } from './objects.ts';
import { chartName, namespaceOf } from './release-name.ts';

/** Keeps an object when a release no longer names it: a route must outlive the change of strategies. */
export const KEEP_POLICY = { 'helm.sh/resource-policy': 'keep' };

/**
 * Chart that accompanies the strategy `direct` under Istio (helm-service 0.18): for each Service of the user chart a
 * VirtualService at the public host and a DestinationRule. `gateway` is `<namespace>/<name>`.
 */
export function meshChart(
  manifest: readonly JsonObject[],
  request: { service: ServiceRef; ingress: IngressOptions; gateway: string },
): Chart {
  const { service: ref, ingress, gateway } = request;
  const templates = manifest
    .filter((object) => isKind(object, '', 'Service'))
    .flatMap((service): Template[] => {
      const name = objectName(service);
      const host = `${name}.${namespaceOf(ref)}.svc.cluster.local`;
      const hosts = [publicHost({ ...ref, service: name }, ingress), name];
      const spec = { gateways: [gateway, 'mesh'], hosts, http: [{ route: [{ destination: { host } }] }] };
      const metadata = { name, annotations: KEEP_POLICY, labels: { [SERVICE_LABEL]: ref.service } };
      const apiVersion = 'networking.istio.io/v1';
      return [
        {
          file: `${name}-istio-virtualservice.yaml`,
          object: { apiVersion, kind: 'VirtualService', metadata, spec },
        },
        {
          file: `${name}-istio-destinationrule.yaml`,
          object: { apiVersion, kind: 'DestinationRule', metadata: { name }, spec: { host } },
        },
      ];
    });
  return generatedChart(chartName(ref.service, true), 'direct', templates);
}
