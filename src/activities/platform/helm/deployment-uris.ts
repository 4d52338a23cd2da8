import type { JsonObject } from '../../../contracts/json.ts';
import { PlatformTerminalError } from '../errors.ts';
import type { ServiceRef } from '../platform.ts';
import { isKind, objectsAt } from './objects.ts';
import { namespaceOf } from './release-name.ts';

/** How users reach a service from outside; helm-service 0.18 took these from its environment. */
export interface IngressOptions {
  /** HOSTNAME_TEMPLATE with ${INGRESS_PROTOCOL}, ${SERVICE}, ${PROJECT}, ${STAGE}, ${INGRESS_HOSTNAME_SUFFIX}, ${INGRESS_PORT}. */
  readonly hostnameTemplate: string;
  readonly ingressProtocol: string;
  readonly ingressPort: string;
  readonly ingressHostnameSuffix: string;
}

/** Defaults of helm-service 0.18. */
export const INGRESS_DEFAULTS: IngressOptions = {
  hostnameTemplate:
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Keptn's own placeholder syntax
    '${INGRESS_PROTOCOL}://${SERVICE}.${PROJECT}-${STAGE}.${INGRESS_HOSTNAME_SUFFIX}:${INGRESS_PORT}',
  ingressProtocol: 'http',
  ingressPort: '80',
  ingressHostnameSuffix: 'svc.cluster.local',
};

/** Address for users outside; placeholders are known in any case of letters. */
export function publicUri(ref: ServiceRef, ingress: IngressOptions): string {
  const known: { [name: string]: string } = {
    INGRESS_PROTOCOL: ingress.ingressProtocol,
    SERVICE: ref.service,
    PROJECT: ref.project,
    STAGE: ref.stage,
    INGRESS_HOSTNAME_SUFFIX: ingress.ingressHostnameSuffix,
    INGRESS_PORT: ingress.ingressPort,
  };
  return ingress.hostnameTemplate.replace(
    /\$\{(\w+)\}/g,
    (whole, name: string) => known[name.toUpperCase()] ?? whole,
  );
}

/** Host part of the public address; throws PlatformTerminalError when the template has no protocol (helm-service 0.18). */
export function publicHost(ref: ServiceRef, ingress: IngressOptions): string {
  const uri = publicUri(ref, ingress);
  if (!/^[a-z]+:\/\//i.test(uri) || !URL.canParse(uri)) {
    throw new PlatformTerminalError(
      `the hostname template gives ${uri}; it must begin with a protocol such as http://`,
    );
  }
  return new URL(uri).hostname;
}

/** Address inside the cluster: `http://<service>.<project>-<stage>:<port>` (helm-service 0.18). */
export function localUri(ref: ServiceRef, port: number): string {
  return `http://${ref.service}.${namespaceOf(ref)}:${port}`;
}

/**
 * Lowest TCP port of the first Service in a manifest, else its lowest port; undefined without a Service or ports.
 * Keptn counted only ports that say `protocol: TCP`, which is Kubernetes' default: here a port without protocol counts too.
 */
export function lowestPort(objects: readonly JsonObject[]): number | undefined {
  const service = objects.find((object) => isKind(object, '', 'Service'));
  const ports = objectsAt(service, 'spec', 'ports').flatMap(({ port, protocol }) =>
    typeof port === 'number' ? [{ port, tcp: (protocol ?? 'TCP') === 'TCP' }] : [],
  );
  const tcp = ports.filter((entry) => entry.tcp);
  const numbers = (tcp.length > 0 ? tcp : ports).map(({ port }) => port);
  return numbers.length === 0 ? undefined : Math.min(...numbers);
}
