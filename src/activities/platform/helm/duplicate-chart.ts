import type { Json, JsonObject } from '../../../contracts/json.ts';
import { PlatformTerminalError } from '../errors.ts';
import type { ServiceRef, Side } from '../platform.ts';
import { type Chart, generatedChart, type Template } from './chart.ts';
import { type MainObjects, mainObjects } from './main-objects.ts';
import { isKind, mapStrings, objectAt, objectName, stringsAt } from './objects.ts';
import { chartName, namespaceOf } from './release-name.ts';
import { matches, sideLabels, suffixLabels, suffixSelectors } from './side-labels.ts';

/** Who splits the traffic between the sides; decides which objects accompany the Services. */
export type MeshKind = 'istio' | 'gateway-api' | 'none';

/** Labels of the generated Services, by which the traffic routers find the two sides of a Keptn service. */
export const SERVICE_LABEL = 'slipway.dev/service';
export const SIDE_LABEL = 'slipway.dev/side';

const MAX_NAME_LENGTH = 63;

/**
 * Chart of the primary side, made from the user chart's rendered manifest (helm-service 0.18): Services `<svc>-canary` and
 * `<svc>-primary`, Deployment `<depl>-primary`, and with Istio a DestinationRule per Service. Autoscalers and
 * PodDisruptionBudgets of the Deployment go with it. The route itself belongs to the traffic router, not to a Helm release,
 * so that an upgrade can never write old weights.
 */
export function duplicateChart(
  manifest: readonly JsonObject[],
  request: { service: ServiceRef; values: JsonObject; mesh: MeshKind },
): Chart {
  const { service: ref, values, mesh } = request;
  const main = mainObjects(manifest, ref.service, values);
  const keys = sideLabels(main);
  const accompanying = accompanyingObjects(manifest, main, keys);
  const autoscaled = accompanying.some(({ object }) => object.kind !== 'PodDisruptionBudget');
  const templates: Template[] = [
    ...(['canary', 'primary'] as const).flatMap((side) =>
      sideService(main.service, { side, keys, ref, mesh }),
    ),
    primaryDeployment(main.deployment, keys, autoscaled),
    ...accompanying,
  ];
  return generatedChart(chartName(ref.service, true), 'duplicate', templates);
}

/** Name of a side's object: `<name>-primary` or `<name>-canary`; throws PlatformTerminalError above 63 characters. */
export function sideName(name: string, side: Side): string {
  const full = `${name}-${side}`;
  if (full.length > MAX_NAME_LENGTH) {
    throw new PlatformTerminalError(
      `${full} has more than ${MAX_NAME_LENGTH} characters; shorten ${name} in the chart`,
    );
  }
  return full;
}

function sideService(
  service: JsonObject,
  request: { side: Side; keys: readonly string[]; ref: ServiceRef; mesh: MeshKind },
): Template[] {
  const { side, keys, ref, mesh } = request;
  const name = sideName(objectName(service), side);
  const selector = stringsAt(service, 'spec', 'selector');
  const labels = stringsAt(service, 'metadata', 'labels');
  const { status: _status, ...rest } = service;
  const {
    clusterIP: _ip,
    clusterIPs: _ips,
    loadBalancerIP: _lb,
    externalIPs: _external,
    ...spec
  } = objectAt(service, 'spec') ?? {};
  const object: JsonObject = {
    ...rest,
    metadata: {
      ...cleanMetadata(service),
      name,
      labels: {
        ...(side === 'primary' ? suffixLabels(labels, keys) : labels),
        [SERVICE_LABEL]: ref.service,
        [SIDE_LABEL]: side,
      },
    },
    spec: {
      ...spec,
      selector: side === 'primary' ? suffixLabels(selector, keys) : selector,
      ports: withoutNodePorts(spec.ports),
    },
  };
  const service_ = { file: `${name}-service.yaml`, object };
  return mesh === 'istio' ? [service_, destinationRule(name, ref)] : [service_];
}

function destinationRule(name: string, ref: ServiceRef): Template {
  const host = `${name}.${namespaceOf(ref)}.svc.cluster.local`;
  return {
    file: `${name}-istio-destinationrule.yaml`,
    object: {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: { name },
      spec: { host },
    },
  };
}

/** With an autoscaler the number of replicas is its own: a value in the chart would undo it at every upgrade. */
function primaryDeployment(deployment: JsonObject, keys: readonly string[], autoscaled: boolean): Template {
  const name = sideName(objectName(deployment), 'primary');
  const { status: _status, ...rest } = deployment;
  const { replicas, ...spec } = objectAt(deployment, 'spec') ?? {};
  const podLabels = stringsAt(deployment, 'spec', 'template', 'metadata', 'labels');
  const podSpec = objectAt(deployment, 'spec', 'template', 'spec') ?? {};
  const copy: JsonObject = {
    ...rest,
    metadata: { ...cleanMetadata(deployment), name },
    spec: {
      ...(autoscaled || replicas === undefined ? {} : { replicas }),
      ...spec,
      selector: {
        ...objectAt(deployment, 'spec', 'selector'),
        matchLabels: suffixLabels(stringsAt(deployment, 'spec', 'selector', 'matchLabels'), keys),
      },
      template: {
        ...objectAt(deployment, 'spec', 'template'),
        metadata: {
          ...objectAt(deployment, 'spec', 'template', 'metadata'),
          labels: suffixLabels(podLabels, keys),
        },
        spec: suffixSelectors(podSpec, podLabels, keys),
      },
    },
  };
  const object = mapStrings(copy, (text) =>
    text.replaceAll('keptn_deployment=canary', 'keptn_deployment=primary'),
  );
  return { file: `${name}-deployment.yaml`, object };
}

function accompanyingObjects(
  manifest: readonly JsonObject[],
  main: MainObjects,
  keys: readonly string[],
): Template[] {
  const target = objectName(main.deployment);
  const podLabels = stringsAt(main.deployment, 'spec', 'template', 'metadata', 'labels');
  return manifest.flatMap((object): Template[] => {
    const { status: _status, ...rest } = object;
    const isAutoscaler =
      isKind(object, 'autoscaling', 'HorizontalPodAutoscaler') || isKind(object, 'keda.sh', 'ScaledObject');
    const reference = objectAt(object, 'spec', 'scaleTargetRef');
    const name = sideNameOf(object);
    if (isAutoscaler && reference?.name === target && (reference.kind ?? 'Deployment') === 'Deployment') {
      const scaleTargetRef = { ...reference, name: sideName(target, 'primary') };
      const spec = { ...objectAt(object, 'spec'), scaleTargetRef };
      return [
        {
          file: `${name}-autoscaler.yaml`,
          object: { ...rest, metadata: { ...cleanMetadata(object), name }, spec },
        },
      ];
    }
    const selector = stringsAt(object, 'spec', 'selector', 'matchLabels');
    if (isKind(object, 'policy', 'PodDisruptionBudget') && matches(selector, podLabels)) {
      const matchLabels = suffixLabels(selector, keys);
      const spec = {
        ...objectAt(object, 'spec'),
        selector: { ...objectAt(object, 'spec', 'selector'), matchLabels },
      };
      return [
        {
          file: `${name}-disruptionbudget.yaml`,
          object: { ...rest, metadata: { ...cleanMetadata(object), name }, spec },
        },
      ];
    }
    return [];
  });
}

const sideNameOf = (object: JsonObject): string => `${objectName(object)}-primary`;

function cleanMetadata(object: JsonObject): JsonObject {
  const {
    namespace: _namespace,
    resourceVersion: _version,
    uid: _uid,
    ...metadata
  } = objectAt(object, 'metadata') ?? {};
  return metadata;
}

function withoutNodePorts(ports: Json | undefined): Json[] {
  if (!Array.isArray(ports)) return [];
  return ports.map((port) => {
    if (typeof port !== 'object' || port === null || Array.isArray(port)) return port;
    const { nodePort: _nodePort, ...rest } = port;
    return rest;
  });
}
