import type { JsonObject } from '../../../contracts/json.ts';
import { PlatformTerminalError } from '../errors.ts';
import type { ServiceRef } from '../platform.ts';
import { accompanyingObjects } from './accompanying-objects.ts';
import { type Chart, generatedChart, type Template } from './chart.ts';
import { leadsTo, mainObjects } from './main-objects.ts';
import { isKind, objectAt, objectName, stringsAt } from './objects.ts';
import { primaryDeployment } from './primary-deployment.ts';
import { chartName } from './release-name.ts';
import { sideLabels } from './side-labels.ts';
import { unroutedLabels } from './side-name.ts';
import { besideServices, sideService } from './side-service.ts';

/** Who splits the traffic between the sides; decides which objects accompany the Services. */
export type MeshKind = 'istio' | 'gateway-api' | 'none';

/** Kind of the route, which has the name of the user's Service. */
const ROUTES: { readonly [mesh in MeshKind]: string | undefined } = {
  istio: 'VirtualService',
  'gateway-api': 'HTTPRoute',
  none: undefined,
};

const SIDES = ['canary', 'primary'] as const;

/** Kinds of autoscalers that write the number of replicas. */
const SCALERS = new Set(['HorizontalPodAutoscaler', 'ScaledObject']);

/**
 * Chart of the primary side, made from the user chart's rendered manifest (helm-service 0.18): Services `<svc>-canary` and
 * `<svc>-primary`, Deployment `<depl>-primary`, and with Istio a DestinationRule per Service. What selects or scales the
 * Deployment goes with it. The route itself belongs to the traffic router, not to a Helm release, so that an upgrade can never
 * write old weights. Without a Service the primary's Deployment is labelled, so that the router knows that nobody is called.
 * Throws PlatformTerminalError when the sides cannot be told apart or a name is taken.
 */
export function duplicateChart(
  manifest: readonly JsonObject[],
  request: { service: ServiceRef; values: JsonObject; mesh: MeshKind },
): Chart {
  const { service: ref, values, mesh } = request;
  const main = mainObjects(manifest, ref, values);
  const keys = sideLabels(main);
  const accompanying = accompanyingObjects(manifest, main.deployment, keys);
  const autoscaled = accompanying.some(({ object }) => SCALERS.has(String(object.kind)));
  const others = manifest.filter(
    (object) => isKind(object, '', 'Service') && object !== main.service && leadsTo(object, main.deployment),
  );
  const { service } = main;
  const primary = primaryDeployment(main.deployment, keys, autoscaled);
  const templates: Template[] = [
    ...(service === undefined
      ? []
      : SIDES.flatMap((side) => sideService(service, { side, keys, ref, mesh }))),
    ...others.flatMap((other) => besideServices(other, { keys, ref, mesh })),
    service === undefined ? unrouted(primary, ref) : primary,
    ...accompanying,
  ];
  const route = service === undefined ? [] : [{ kind: ROUTES[mesh], name: objectName(service) }];
  refuseTakenNames(manifest, [...templates.map(({ object }) => named(object)), ...route], ref);
  return generatedChart(chartName(ref.service, true), 'duplicate', templates);
}

function unrouted({ file, object }: Template, ref: ServiceRef): Template {
  const metadata = objectAt(object, 'metadata') ?? {};
  const labels = { ...stringsAt(object, 'metadata', 'labels'), ...unroutedLabels(ref) };
  return { file, object: { ...object, metadata: { ...metadata, labels } } };
}

/** Two releases cannot own one object: the user's chart would keep the generated one from being installed. */
function refuseTakenNames(manifest: readonly JsonObject[], own: readonly Named[], ref: ServiceRef): void {
  const found = manifest.map(named);
  const taken = own.find(({ kind, name }) =>
    found.some((other) => other.kind === kind && other.name === name),
  );
  if (taken === undefined) return;
  throw new PlatformTerminalError(
    `the chart of ${ref.service} renders ${taken.kind} ${taken.name}, which blue/green makes itself; rename it in the chart or take it out`,
  );
}

interface Named {
  readonly kind: string | undefined;
  readonly name: string;
}

const named = (object: JsonObject): Named => ({ kind: String(object.kind), name: objectName(object) });
