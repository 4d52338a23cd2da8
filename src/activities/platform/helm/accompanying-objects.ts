import type { JsonObject } from '../../../contracts/json.ts';
import type { Template } from './chart.ts';
import { selects } from './label-selector.ts';
import { podLabels } from './main-objects.ts';
import { cleanMetadata, isKind, objectAt, objectName } from './objects.ts';
import { suffixLabels, suffixSelector, suffixSelectors } from './side-labels.ts';
import { sideName } from './side-name.ts';

/** Autoscalers by the field that names their Deployment, and how their files end. */
const AUTOSCALERS = [
  { group: 'autoscaling', kind: 'HorizontalPodAutoscaler', target: 'scaleTargetRef', file: 'autoscaler' },
  { group: 'keda.sh', kind: 'ScaledObject', target: 'scaleTargetRef', file: 'scaledobject' },
  {
    group: 'autoscaling.k8s.io',
    kind: 'VerticalPodAutoscaler',
    target: 'targetRef',
    file: 'verticalautoscaler',
  },
] as const;

/** What is about the pods of a Deployment by their labels: the field of its selector, and how its files end. */
const SELECTING = [
  { group: 'policy', kind: 'PodDisruptionBudget', selector: 'selector', file: 'disruptionbudget' },
  { group: 'networking.k8s.io', kind: 'NetworkPolicy', selector: 'podSelector', file: 'networkpolicy' },
] as const;

/**
 * Autoscalers, PodDisruptionBudgets and NetworkPolicies of the user chart's Deployment, copied for the primary. What selects
 * the pods of both sides already, say by the release's name, is not copied: two budgets on one pod would forbid every eviction.
 */
export function accompanyingObjects(
  manifest: readonly JsonObject[],
  deployment: JsonObject,
  keys: readonly string[],
): Template[] {
  return manifest.flatMap((object) => [
    ...autoscaler(object, objectName(deployment)),
    ...selecting(object, podLabels(deployment), keys),
  ]);
}

function autoscaler(object: JsonObject, deployment: string): Template[] {
  const found = AUTOSCALERS.find(({ group, kind }) => isKind(object, group, kind));
  if (found === undefined) return [];
  const reference = objectAt(object, 'spec', found.target);
  if (reference?.name !== deployment || (reference.kind ?? 'Deployment') !== 'Deployment') return [];
  const target = { ...reference, name: sideName(deployment, 'primary') };
  return [copyOf(object, { ...objectAt(object, 'spec'), [found.target]: target }, found.file)];
}

function selecting(object: JsonObject, own: { [key: string]: string }, keys: readonly string[]): Template[] {
  const found = SELECTING.find(({ group, kind }) => isKind(object, group, kind));
  if (found === undefined) return [];
  const selector = objectAt(object, 'spec', found.selector) ?? {};
  if (!selects(selector, own) || selects(selector, suffixLabels(own, keys))) return [];
  const { [found.selector]: _selector, ...spec } = objectAt(object, 'spec') ?? {};
  const followed = suffixSelectors(spec, own, keys);
  const changed = {
    ...(typeof followed === 'object' && followed !== null && !Array.isArray(followed) ? followed : {}),
    [found.selector]: suffixSelector(selector, keys),
  };
  return [copyOf(object, changed, found.file)];
}

function copyOf(object: JsonObject, spec: JsonObject, file: string): Template {
  const { status: _status, ...rest } = object;
  const name = sideName(objectName(object), 'primary');
  return {
    file: `${name}-${file}.yaml`,
    object: { ...rest, metadata: { ...cleanMetadata(object), name }, spec },
  };
}
