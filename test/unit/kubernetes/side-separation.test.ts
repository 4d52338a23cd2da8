import { strict as assert } from 'node:assert';
import { parseManifest, parseYamlObject } from '../../../src/activities/platform/helm/chart-yaml.ts';
import { duplicateChart, type MeshKind } from '../../../src/activities/platform/helm/duplicate-chart.ts';
import { selects } from '../../../src/activities/platform/helm/label-selector.ts';
import { objectAt, stringsAt } from '../../../src/activities/platform/helm/objects.ts';
import type { JsonObject } from '../../../src/contracts/json.ts';

const ref = { project: 'sockshop', stage: 'staging', service: 'carts' };
const SERVICE = `---
apiVersion: v1
kind: Service
metadata: {name: carts}
spec:
  type: LoadBalancer
  externalTrafficPolicy: Local
  healthCheckNodePort: 32000
  selector: {app: carts}
  ports: [{port: 80, targetPort: web}]
`;

function chart(selector: string, podSpec = '{containers: [{name: a, image: x}]}'): string {
  return `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: carts}
spec:
  selector: ${selector}
  template: {metadata: {labels: {app: carts, tier: back, release: shop}}, spec: ${podSpec}}
${SERVICE}`;
}

const PLAIN = chart('{matchLabels: {app: carts}}');

function generated(text: string, mesh: MeshKind = 'istio'): Map<string, JsonObject> {
  const made = duplicateChart(parseManifest(text, 'test'), { service: ref, values: {}, mesh });
  const decoder = new TextDecoder();
  return new Map(
    [...made.files]
      .filter(([path]) => path.startsWith('templates/'))
      .map(([path, content]) => [
        path.slice('templates/'.length),
        parseYamlObject(decoder.decode(content), path),
      ]),
  );
}

const podLabels = (deployment: JsonObject | undefined): { [key: string]: string } =>
  stringsAt(deployment, 'spec', 'template', 'metadata', 'labels');

describe('the selectors of the two sides', () => {
  for (const selector of [
    '{matchLabels: {app: carts}}',
    '{matchExpressions: [{key: app, operator: In, values: [carts, cart]}, {key: tier, operator: Exists}]}',
    '{matchLabels: {app: carts}, matchExpressions: [{key: tier, operator: NotIn, values: [db]}]}',
    '{matchLabels: {release: shop}, matchExpressions: [{key: gone, operator: DoesNotExist}]}',
  ]) {
    it(`meet the own pods and never the other side's: ${selector}`, () => {
      const text = chart(selector);
      const user = parseManifest(text, 'test')[0] ?? {};
      const primary = generated(text).get('carts-primary-deployment.yaml');
      const [mine, theirs] = [objectAt(primary, 'spec', 'selector'), objectAt(user, 'spec', 'selector')];
      assert.ok(selects(mine, podLabels(primary)));
      assert.ok(selects(theirs, podLabels(user)));
      assert.ok(!selects(mine, podLabels(user)));
      assert.ok(!selects(theirs, podLabels(primary)));
    });
  }

  it('are refused where an expression meets both sides, whatever their labels are', () => {
    const both = chart('{matchExpressions: [{key: app, operator: Exists}]}');
    assert.throws(() => generated(both), /selects its pods by expressions that the pods of its primary meet/);
  });

  it('take the affinity to their own pods along, also as an expression, and leave labels of nodes alone', () => {
    const term = (values: string): string =>
      `{matchExpressions: [{key: app, operator: In, values: ${values}}]}`;
    const required = 'requiredDuringSchedulingIgnoredDuringExecution';
    const pods = `{${required}: [{topologyKey: h, labelSelector: ${term('[carts]')}}]}`;
    const nodes = `{${required}: {nodeSelectorTerms: [${term('[carts]')}]}}`;
    const podSpec = `{affinity: {podAntiAffinity: ${pods}, nodeAffinity: ${nodes}}}`;
    const copy = generated(chart('{matchLabels: {app: carts}}', podSpec)).get(
      'carts-primary-deployment.yaml',
    );
    const affinity = objectAt(copy, 'spec', 'template', 'spec', 'affinity');
    assert.match(JSON.stringify(affinity?.podAntiAffinity), /"values":\["carts-primary"\]/);
    assert.match(JSON.stringify(affinity?.nodeAffinity), /"values":\["carts"\]/);
  });

  it('leave a Service that both sides share nothing that only one can have', () => {
    const spec = objectAt(generated(PLAIN).get('carts-primary-service.yaml'), 'spec');
    assert.equal(spec?.healthCheckNodePort, undefined);
    assert.equal(spec?.externalTrafficPolicy, 'Local');
    assert.deepEqual(spec?.ports, [{ port: 80, targetPort: 'web' }]);
  });
});
