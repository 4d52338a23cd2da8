import { strict as assert } from 'node:assert';
import { parseManifest } from '../../../src/activities/platform/helm/chart-yaml.ts';
import { chartAddresses } from '../../../src/activities/platform/helm/deployment-addresses.ts';
import {
  INGRESS_DEFAULTS,
  localUri,
  lowestPort,
  publicHost,
  publicUri,
} from '../../../src/activities/platform/helm/deployment-uris.ts';
import type { HelmCommand } from '../../../src/activities/platform/helm/helm-command.ts';
import { addressedService } from '../../../src/activities/platform/helm/main-objects.ts';
import { meshChart } from '../../../src/activities/platform/helm/mesh-chart.ts';
import { objectName } from '../../../src/activities/platform/helm/objects.ts';
import type { JsonObject } from '../../../src/contracts/json.ts';

const ref = { project: 'sockshop', stage: 'dev', service: 'carts' };

describe('deployment addresses', () => {
  it('are those of helm-service by default', () => {
    assert.equal(publicUri(ref, INGRESS_DEFAULTS), 'http://carts.sockshop-dev.svc.cluster.local:80');
    assert.equal(localUri(ref, 80), 'http://carts.sockshop-dev:80');
  });

  it('follow a template whose placeholders are written in any case', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Keptn's own placeholder syntax
    const hostnameTemplate = 'https://${service}-${PROJECT}-${Stage}.${INGRESS_HOSTNAME_SUFFIX}';
    const ingress = { ...INGRESS_DEFAULTS, hostnameTemplate, ingressHostnameSuffix: '1.2.3.4.nip.io' };
    assert.equal(publicUri(ref, ingress), 'https://carts-sockshop-dev.1.2.3.4.nip.io');
    assert.equal(publicHost(ref, ingress), 'carts-sockshop-dev.1.2.3.4.nip.io');
  });

  it('need a protocol', () => {
    assert.throws(
      () => publicHost(ref, { ...INGRESS_DEFAULTS, hostnameTemplate: 'carts.example.org' }),
      /must begin with a protocol/,
    );
  });

  const service = (ports: string): string =>
    `apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [${ports}]}\n`;

  it('name the lowest TCP port, else the lowest port', () => {
    const port = (ports: string): number | undefined => lowestPort(parseManifest(service(ports), 'test'));
    assert.equal(
      port('{port: 8080, protocol: TCP}, {port: 80, protocol: TCP}, {port: 53, protocol: UDP}'),
      80,
    );
    assert.equal(port('{port: 8080}, {port: 53, protocol: UDP}'), 8080);
    assert.equal(port('{port: 53, protocol: UDP}'), 53);
    assert.equal(port(''), undefined);
    assert.equal(lowestPort([]), undefined);
  });

  it('lead a direct deployment through a VirtualService of the same name', () => {
    const gateway = 'public-gateway.istio-system';
    const request = { service: ref, ingress: INGRESS_DEFAULTS, mesh: 'istio' as const, gateway };
    const chart = meshChart(parseManifest(service('{port: 80}'), 'test'), request);
    const text = new TextDecoder().decode(chart.files.get('templates/a-istio-virtualservice.yaml'));
    const [route] = parseManifest(text, 'test');
    assert.deepEqual(route?.spec, {
      gateways: ['public-gateway.istio-system', 'mesh'],
      hosts: ['a.sockshop-dev.svc.cluster.local', 'a'],
      http: [{ route: [{ destination: { host: 'a.sockshop-dev.svc.cluster.local' } }] }],
    });
  });

  it('lead a direct deployment through an HTTPRoute with the Gateway API', () => {
    const gateway = 'infra/gw';
    const request = { service: ref, ingress: INGRESS_DEFAULTS, mesh: 'gateway-api' as const, gateway };
    const chart = meshChart(parseManifest(service('{port: 80}'), 'test'), request);
    assert.deepEqual([...chart.files.keys()], ['Chart.yaml', 'templates/a-httproute.yaml']);
    const text = new TextDecoder().decode(chart.files.get('templates/a-httproute.yaml'));
    const [route] = parseManifest(text, 'test');
    assert.deepEqual(route?.spec, {
      parentRefs: [{ namespace: 'infra', name: 'gw' }],
      hostnames: ['a.sockshop-dev.svc.cluster.local'],
      rules: [{ backendRefs: [{ group: '', kind: 'Service', name: 'a', port: 80, weight: 1 }] }],
    });
  });

  it('are those of the Service that is meant, where a chart has several', () => {
    const several = (annotations: string): JsonObject[] =>
      ['cache', 'web'].map((name) => ({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, annotations: name === annotations ? { 'slipway.dev/main': 'true' } : {} },
      }));
    const service = (name: string): typeof ref => ({ ...ref, service: name });
    assert.equal(objectName(addressedService(several('web'), service('carts'), {}) ?? {}), 'web');
    assert.equal(objectName(addressedService(several(''), service('web'), {}) ?? {}), 'web');
    assert.equal(
      objectName(addressedService(several(''), service('x'), { slipway: { service: 'web' } }) ?? {}),
      'web',
    );
    assert.equal(
      objectName(addressedService(several(''), service('carts'), {}) ?? {}),
      'cache',
      'the first, as in Keptn',
    );
    assert.equal(addressedService([], service('carts'), {}), undefined);
  });

  it("have the name of the chart's own Service, which answers under no other", async () => {
    const manifest = parseManifest(
      'apiVersion: v1\nkind: Service\nmetadata: {name: sockshop-dev-carts}\nspec: {ports: [{port: 8080}, {port: 80}]}\n',
      'test',
    );
    const helm = { values: async () => ({}) } as unknown as HelmCommand;
    assert.deepEqual(await chartAddresses({ helm, ingress: INGRESS_DEFAULTS }, ref, manifest), {
      deploymentURIsLocal: ['http://sockshop-dev-carts.sockshop-dev:80'],
      deploymentURIsPublic: ['http://sockshop-dev-carts.sockshop-dev.svc.cluster.local:80'],
    });
  });

  it("leave a route of direct deployments to the user's chart where it has one itself", () => {
    const manifest = parseManifest(
      'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n---\napiVersion: networking.istio.io/v1beta1\nkind: VirtualService\nmetadata: {name: a}\n',
      'test',
    );
    const chart = meshChart(manifest, {
      service: ref,
      ingress: INGRESS_DEFAULTS,
      mesh: 'istio',
      gateway: 'public-gateway.istio-system',
    });
    assert.deepEqual([...chart.files.keys()], ['Chart.yaml', 'templates/a-istio-destinationrule.yaml']);
  });
});
