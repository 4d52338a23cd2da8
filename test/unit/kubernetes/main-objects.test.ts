import { strict as assert } from 'node:assert';
import { parseManifest } from '../../../src/activities/platform/helm/chart-yaml.ts';
import { deployedMainObjects } from '../../../src/activities/platform/helm/helm-cluster.ts';
import type { HelmCommand } from '../../../src/activities/platform/helm/helm-command.ts';
import { findMainObjects, mainObjects } from '../../../src/activities/platform/helm/main-objects.ts';
import { objectName } from '../../../src/activities/platform/helm/objects.ts';
import type { ReleaseSteps } from '../../../src/activities/platform/helm/release-steps.ts';
import type { JsonObject } from '../../../src/contracts/json.ts';

const ref = { project: 'sockshop', stage: 'dev', service: 'carts' };

function deployment(name: string, app = name, annotations = '{}'): string {
  return `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, annotations: ${annotations}}
spec:
  selector: {matchLabels: {app: ${app}}}
  template: {metadata: {labels: {app: ${app}, part: shop}}, spec: {containers: [{name: main, image: x}]}}
`;
}

function service(name: string, spec: string, annotations = '{}'): string {
  return `---
apiVersion: v1
kind: Service
metadata: {name: ${name}, annotations: ${annotations}}
spec: ${spec}
`;
}

const to = (app: string): string => `{selector: {app: ${app}}, ports: [{port: 80}]}`;

function chosen(text: string, values: JsonObject = {}): [deployment: string, service: string | undefined] {
  const found = mainObjects(parseManifest(text, 'test'), ref, values);
  return [objectName(found.deployment), found.service && objectName(found.service)];
}

function refused(text: string, message: RegExp, values: JsonObject = {}): void {
  assert.throws(() => chosen(text, values), message);
}

describe('the Deployment and the Service that a chart is about', () => {
  it('are the only ones, whatever they are called', () => {
    assert.deepEqual(chosen(deployment('server') + service('front', to('server'))), ['server', 'front']);
  });

  it('have the name of the release in charts of helm create, with a database of the same making beside them', () => {
    const names = ['sockshop-dev-carts', 'sockshop-dev-carts-mongodb'];
    const text = names.map((name) => deployment(name) + service(name, to(name))).join('');
    assert.deepEqual(chosen(text), ['sockshop-dev-carts', 'sockshop-dev-carts']);
  });

  it('are the only Deployment that a Service leads to, beside workers that nobody calls', () => {
    const text = deployment('worker') + deployment('web') + service('front', to('web'));
    assert.deepEqual(chosen(text), ['web', 'front']);
  });

  it('are a Deployment alone in a chart without any Service', () => {
    assert.deepEqual(chosen(deployment('worker')), ['worker', undefined]);
    refused(deployment('a') + deployment('b'), /several deployments \(a, b\)/);
    assert.deepEqual(chosen(deployment('a') + deployment('b'), { slipway: { deployment: 'b' } }), [
      'b',
      undefined,
    ]);
  });

  it('are told by the selector where Services of other things stand beside', () => {
    const text =
      deployment('web') + service('front', to('web')) + service('database', to('db')) + service('x', '{}');
    assert.deepEqual(chosen(text), ['web', 'front']);
  });

  it('leave a headless Service to the members of a cluster', () => {
    const headless = '{clusterIP: None, selector: {app: web}, ports: [{port: 80}]}';
    const text = deployment('web') + service('peers', headless) + service('front', to('web'));
    assert.deepEqual(chosen(text), ['web', 'front']);
  });

  it('have to be named where two Services lead to the same pods', () => {
    const text = deployment('web') + service('front', to('web')) + service('grpc', to('web'));
    refused(text, /several services \(front, grpc\); set the annotation slipway\.dev\/main/);
    assert.deepEqual(chosen(text, { slipway: { service: 'grpc' } }), ['web', 'grpc']);
  });

  it('are not guessed when two are annotated, or the values name what the chart does not render', () => {
    const main = '{slipway.dev/main: "true"}';
    const both =
      deployment('carts', 'carts', main) + deployment('b', 'b', main) + service('carts', to('carts'));
    refused(both, /several deployments \(carts, b\)/);
    const plain = both.replaceAll(main, '{}');
    refused(plain, /several deployments/, { slipway: { deployment: 'cart' } });
  });

  it('are refused when the traffic of the Service cannot be shifted', () => {
    const web = deployment('web');
    refused(web + service('front', to('db')), /Service front .* selects app=db and no pod of Deployment web/);
    refused(web + service('front', '{ports: [{port: 80}]}'), /has no selector and leads to no pod/);
    const external = '{type: ExternalName, externalName: example.com, selector: {app: web}}';
    refused(web + service('front', external), /is an ExternalName/);
  });

  it('are refused with what to write when the Deployment has a version that Kubernetes has removed', () => {
    const old = deployment('web').replace('apps/v1', 'extensions/v1beta1') + service('web', to('web'));
    refused(old, /Deployment web .* has the apiVersion extensions\/v1beta1, .* write apps\/v1/);
  });

  it('need not be told by strategies that have one side', async () => {
    const several = deployment('a') + service('a', to('a')) + deployment('b') + service('b', to('b'));
    for (const text of [several, several + service('c', '{}'), service('only', to('x'))]) {
      const manifest = parseManifest(text, 'test');
      assert.equal(findMainObjects(manifest, ref, {}), undefined);
      const cluster = {
        helm: { values: async () => ({}) } as unknown as HelmCommand,
        steps: { manifest: async () => manifest } as unknown as ReleaseSteps,
      };
      assert.equal(await deployedMainObjects(cluster, ref), undefined);
    }
  });
});
