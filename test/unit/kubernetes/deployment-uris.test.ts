import { strict as assert } from 'node:assert';
import { parseManifest } from '../../../src/activities/platform/helm/chart-yaml.ts';
import {
  INGRESS_DEFAULTS,
  localUri,
  lowestPort,
  publicHost,
  publicUri,
} from '../../../src/activities/platform/helm/deployment-uris.ts';
import { meshChart } from '../../../src/activities/platform/helm/mesh-chart.ts';

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
    const request = { service: ref, ingress: INGRESS_DEFAULTS, gateway: 'istio-system/public-gateway' };
    const chart = meshChart(parseManifest(service('{port: 80}'), 'test'), request);
    const text = new TextDecoder().decode(chart.files.get('templates/a-istio-virtualservice.yaml'));
    const [route] = parseManifest(text, 'test');
    assert.deepEqual(route?.spec, {
      gateways: ['istio-system/public-gateway', 'mesh'],
      hosts: ['a.sockshop-dev.svc.cluster.local', 'a'],
      http: [{ route: [{ destination: { host: 'a.sockshop-dev.svc.cluster.local' } }] }],
    });
  });
});
