import { strict as assert } from 'node:assert';
import { accompanyingObjects } from '../../../src/activities/platform/helm/accompanying-objects.ts';
import { parseManifest } from '../../../src/activities/platform/helm/chart-yaml.ts';
import { objectAt, objectName } from '../../../src/activities/platform/helm/objects.ts';
import type { JsonObject } from '../../../src/contracts/json.ts';

const [DEPLOYMENT = {}] = parseManifest(
  `apiVersion: apps/v1
kind: Deployment
metadata: {name: carts}
spec: {template: {metadata: {labels: {app: carts, release: shop}}}}
`,
  'test',
);

function made(text: string): JsonObject[] {
  return accompanyingObjects(parseManifest(text, 'test'), DEPLOYMENT, ['app']).map(({ object }) => object);
}

function selecting(kind: string, spec: string): string {
  const apiVersion = kind === 'NetworkPolicy' ? 'networking.k8s.io/v1' : 'policy/v1';
  return `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: guard}\nspec: ${spec}\n`;
}

describe('what goes with the primary', () => {
  it('are autoscalers of every kind and version, each in a file of its own', () => {
    const autoscaler = (apiVersion: string, kind: string, target: string): string =>
      `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: carts}\nspec: {${target}: {name: carts}}\n`;
    for (const version of ['v1', 'v2beta2', 'v2']) {
      const [copy] = made(autoscaler(`autoscaling/${version}`, 'HorizontalPodAutoscaler', 'scaleTargetRef'));
      assert.equal(copy?.apiVersion, `autoscaling/${version}`);
      assert.equal(objectAt(copy, 'spec', 'scaleTargetRef')?.name, 'carts-primary');
    }
    const all =
      autoscaler('autoscaling/v2', 'HorizontalPodAutoscaler', 'scaleTargetRef') +
      autoscaler('keda.sh/v1alpha1', 'ScaledObject', 'scaleTargetRef') +
      autoscaler('autoscaling.k8s.io/v1', 'VerticalPodAutoscaler', 'targetRef');
    const templates = accompanyingObjects(parseManifest(all, 'test'), DEPLOYMENT, ['app']);
    assert.equal(new Set(templates.map(({ file }) => file)).size, 3);
    assert.equal(objectAt(templates[2]?.object, 'spec', 'targetRef')?.name, 'carts-primary');
    assert.deepEqual(made(all.replaceAll('{name: carts}}', '{name: other}}')), []);
  });

  it('are disruption budgets that select the pods, by labels or by expressions', () => {
    for (const selector of [
      '{matchLabels: {app: carts}}',
      '{matchExpressions: [{key: app, operator: In, values: [carts]}]}',
    ]) {
      const [budget] = made(selecting('PodDisruptionBudget', `{minAvailable: 1, selector: ${selector}}`));
      assert.equal(budget === undefined ? '' : objectName(budget), 'guard-primary');
      assert.match(JSON.stringify(objectAt(budget, 'spec', 'selector')), /carts-primary/);
    }
  });

  it('are network policies of the pods, whose peers of the same kind follow', () => {
    const [policy] = made(
      selecting(
        'NetworkPolicy',
        '{podSelector: {matchLabels: {app: carts}}, ingress: [{from: [{podSelector: {matchLabels: {app: carts}}}, {podSelector: {matchLabels: {app: front-end}}}]}]}',
      ),
    );
    assert.deepEqual(objectAt(policy, 'spec'), {
      podSelector: { matchLabels: { app: 'carts-primary' } },
      ingress: [
        {
          from: [
            { podSelector: { matchLabels: { app: 'carts-primary' } } },
            { podSelector: { matchLabels: { app: 'front-end' } } },
          ],
        },
      ],
    });
  });

  it('is nothing that covers both sides already: a pod with two budgets can never be evicted', () => {
    const shared = '{matchLabels: {release: shop}}';
    assert.deepEqual(made(selecting('PodDisruptionBudget', `{minAvailable: 1, selector: ${shared}}`)), []);
    assert.deepEqual(made(selecting('NetworkPolicy', `{podSelector: ${shared}}`)), []);
    assert.deepEqual(made(selecting('NetworkPolicy', '{podSelector: {}, policyTypes: [Ingress]}')), []);
  });

  it('is nothing that is about other pods', () => {
    const other = '{matchLabels: {app: database}}';
    assert.deepEqual(made(selecting('PodDisruptionBudget', `{minAvailable: 1, selector: ${other}}`)), []);
    assert.deepEqual(made(selecting('NetworkPolicy', `{podSelector: ${other}}`)), []);
  });
});
