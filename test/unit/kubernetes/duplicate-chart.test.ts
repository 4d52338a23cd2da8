import { strict as assert } from 'node:assert';
import { PlatformTerminalError } from '../../../src/activities/platform/errors.ts';
import { type Chart, generatedChart, nameOf } from '../../../src/activities/platform/helm/chart.ts';
import { parseManifest, parseYamlObject } from '../../../src/activities/platform/helm/chart-yaml.ts';
import { duplicateChart, type MeshKind } from '../../../src/activities/platform/helm/duplicate-chart.ts';
import { objectAt } from '../../../src/activities/platform/helm/objects.ts';
import type { JsonObject } from '../../../src/contracts/json.ts';

const USER = `
apiVersion: v1
kind: Service
metadata: {name: carts, namespace: x, labels: {app: carts, tier: backend}}
spec:
  type: LoadBalancer
  clusterIP: 10.0.0.1
  loadBalancerIP: 1.2.3.4
  externalIPs: [5.6.7.8]
  selector: {app: carts}
  ports: [{name: http, port: 80, targetPort: 8080, nodePort: 30080, protocol: TCP}]
status: {loadBalancer: {}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: carts, namespace: x, resourceVersion: "5"}
spec:
  replicas: 2
  selector: {matchLabels: {app: carts}}
  template:
    metadata: {labels: {app: carts, app.kubernetes.io/name: carts, version: v1}}
    spec:
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
          - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: carts}}}
          - {topologyKey: zone, labelSelector: {matchLabels: {app: other}}}
      containers:
      - {name: carts, image: "carts:1", env: [{name: DT_TAGS, value: "keptn_deployment=canary other={{ x }}"}]}
status: {replicas: 2}
`;
const ref = { project: 'sockshop', stage: 'staging', service: 'carts' };

function templates(chart: Chart): { [file: string]: JsonObject } {
  const found = [...chart.files].filter(([path]) => path.startsWith('templates/'));
  return Object.fromEntries(
    found.map(([path, content]) => [
      path.slice('templates/'.length),
      parseYamlObject(new TextDecoder().decode(content).replaceAll('{{ "{{" }}', '{{'), path),
    ]),
  );
}

function generate(
  text: string,
  options: { values?: JsonObject; mesh?: MeshKind } = {},
): { [file: string]: JsonObject } {
  const { values = {}, mesh = 'istio' } = options;
  return templates(duplicateChart(parseManifest(text, 'test'), { service: ref, values, mesh }));
}

describe('the generated chart of a blue/green service', () => {
  it('has the files and names of helm-service', () => {
    assert.deepEqual(Object.keys(generate(USER)).sort(), [
      'carts-canary-istio-destinationrule.yaml',
      'carts-canary-service.yaml',
      'carts-primary-deployment.yaml',
      'carts-primary-istio-destinationrule.yaml',
      'carts-primary-service.yaml',
    ]);
    const chart = duplicateChart(parseManifest(USER, 'test'), { service: ref, values: {}, mesh: 'istio' });
    assert.equal(nameOf(chart), 'carts-generated');
    const metadata = parseYamlObject(new TextDecoder().decode(chart.files.get('Chart.yaml')), 'Chart.yaml');
    assert.deepEqual(metadata, {
      apiVersion: 'v2',
      name: 'carts-generated',
      version: '0.1.0',
      keywords: ['deployment_strategy=duplicate'],
    });
  });

  it('selects the user chart by the canary Service and the copy by the primary Service', () => {
    const files = generate(USER);
    const canary = files['carts-canary-service.yaml'];
    const primary = files['carts-primary-service.yaml'];
    assert.deepEqual(objectAt(canary, 'spec', 'selector'), { app: 'carts' });
    assert.deepEqual(objectAt(primary, 'spec', 'selector'), { app: 'carts-primary' });
    assert.deepEqual(objectAt(primary, 'metadata', 'labels'), {
      app: 'carts-primary',
      tier: 'backend',
      'slipway.dev/service': 'carts',
      'slipway.dev/side': 'primary',
    });
  });

  it('resets what the cluster or the user gave to the one Service', () => {
    const primary = generate(USER)['carts-primary-service.yaml'];
    assert.deepEqual(objectAt(primary, 'spec'), {
      type: 'LoadBalancer',
      selector: { app: 'carts-primary' },
      ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }],
    });
    assert.equal(primary?.status, undefined);
    assert.equal(objectAt(primary, 'metadata')?.namespace, undefined);
  });

  it('copies the Deployment with suffixed labels, its own affinity and the text of its environment', () => {
    const deployment = generate(USER)['carts-primary-deployment.yaml'];
    assert.equal(objectAt(deployment, 'metadata')?.name, 'carts-primary');
    assert.equal(objectAt(deployment, 'spec')?.replicas, 2);
    assert.deepEqual(objectAt(deployment, 'spec', 'selector', 'matchLabels'), { app: 'carts-primary' });
    assert.deepEqual(objectAt(deployment, 'spec', 'template', 'metadata', 'labels'), {
      app: 'carts-primary',
      'app.kubernetes.io/name': 'carts-primary',
      version: 'v1',
    });
    const text = JSON.stringify(deployment);
    assert.match(text, /keptn_deployment=primary other=\{\{ x }}/);
    assert.match(text, /"matchLabels":\{"app":"carts-primary"}},?/);
    assert.match(text, /"matchLabels":\{"app":"other"}/);
  });

  it('has no DestinationRule without Istio', () => {
    const files = Object.keys(generate(USER, { mesh: 'gateway-api' }));
    assert.ok(!files.some((file) => file.includes('destinationrule')));
  });

  it('writes template braces of the user so that Helm renders them back', () => {
    const chart = generatedChart('x', 'duplicate', [
      { file: 'a.yaml', object: { text: '{{ .Values.secret }}' } },
    ]);
    const text = new TextDecoder().decode(chart.files.get('templates/a.yaml'));
    assert.match(text, /\{\{ "\{\{" }} \.Values\.secret }}/);
  });

  it('takes autoscaler and disruption budget along, and leaves the replicas to the autoscaler', () => {
    const files = generate(`${USER}---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: carts}
spec: {minReplicas: 2, maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: carts}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: carts}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: carts}}}
`);
    const autoscaler = files['carts-primary-autoscaler.yaml'];
    assert.deepEqual(objectAt(autoscaler, 'spec', 'scaleTargetRef'), {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      name: 'carts-primary',
    });
    const budget = files['carts-primary-disruptionbudget.yaml'];
    assert.deepEqual(objectAt(budget, 'spec', 'selector', 'matchLabels'), { app: 'carts-primary' });
    assert.equal(objectAt(files['carts-primary-deployment.yaml'], 'spec')?.replicas, undefined);
  });

  it('separates the sides also when the chart selects by other labels', () => {
    const files = generate(
      USER.replaceAll('app: carts', 'component: carts').replace(', app.kubernetes.io/name: carts', ''),
    );
    assert.deepEqual(objectAt(files['carts-primary-service.yaml'], 'spec', 'selector'), {
      component: 'carts-primary',
    });
    assert.deepEqual(objectAt(files['carts-primary-deployment.yaml'], 'spec', 'selector', 'matchLabels'), {
      component: 'carts-primary',
    });
  });

  const TWO = `${USER}---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cache, annotations: {}}
spec: {selector: {matchLabels: {app: cache}}, template: {metadata: {labels: {app: cache}}, spec: {containers: []}}}
---
apiVersion: v1
kind: Service
metadata: {name: cache}
spec: {selector: {app: cache}, ports: [{port: 6379}]}
`;

  it('is about the Deployment that is annotated, else named in the values, else named like the service', () => {
    assert.ok(generate(TWO)['carts-primary-deployment.yaml']);
    assert.ok(
      generate(TWO, { values: { slipway: { deployment: 'cache', service: 'cache' } } })[
        'cache-primary-deployment.yaml'
      ],
    );
    const annotated = TWO.replace('annotations: {}', 'annotations: {slipway.dev/main: "true"}');
    assert.ok(
      generate(annotated, { values: { slipway: { deployment: 'carts', service: 'cache' } } })[
        'cache-primary-deployment.yaml'
      ],
    );
  });

  it('is refused when nothing says which Deployment is meant, and when there is none', () => {
    const unnamed = TWO.replace(
      'kind: Deployment\nmetadata: {name: carts,',
      'kind: Deployment\nmetadata: {name: front,',
    );
    assert.throws(() => generate(unnamed), /several deployments \(front, cache\); set the annotation/);
    assert.throws(
      () => generate('kind: Service\napiVersion: v1\nmetadata: {name: carts}\n'),
      /renders no deployment/,
    );
  });

  it('is the Deployment alone where the chart has no Service, labelled so that no route is looked for', () => {
    const [, worker = ''] = USER.split('---\n');
    for (const mesh of ['istio', 'gateway-api'] as const) {
      const files = generate(worker, { mesh });
      assert.deepEqual(Object.keys(files), ['carts-primary-deployment.yaml']);
      const primary = files['carts-primary-deployment.yaml'];
      assert.deepEqual(objectAt(primary ?? {}, 'metadata', 'labels'), {
        'slipway.dev/service': 'carts',
        'slipway.dev/side': 'primary',
      });
      assert.deepEqual(objectAt(primary ?? {}, 'spec', 'selector', 'matchLabels'), { app: 'carts-primary' });
    }
  });

  it('leads further Services of the same pods to the primary, where they would have no pod after a release', () => {
    const grpc = `${USER}---
apiVersion: v1
kind: Service
metadata: {name: carts-grpc}
spec: {clusterIP: None, selector: {app: carts}, ports: [{port: 9090}]}
`;
    const files = generate(grpc);
    const primary = files['carts-grpc-primary-service.yaml'];
    assert.deepEqual(objectAt(primary, 'spec'), {
      selector: { app: 'carts-primary' },
      ports: [{ port: 9090 }],
    });
    assert.equal(objectAt(primary, 'metadata', 'labels'), undefined, 'no side of the weighted route');
    assert.deepEqual(objectAt(files['carts-grpc-istio-virtualservice.yaml'], 'spec'), {
      gateways: ['mesh'],
      hosts: ['carts-grpc'],
      http: [{ route: [{ destination: { host: 'carts-grpc-primary.sockshop-staging.svc.cluster.local' } }] }],
    });
    assert.ok(!Object.keys(generate(grpc, { mesh: 'none' })).some((file) => file.includes('virtualservice')));
  });

  it('is refused when the chart renders what blue/green makes itself', () => {
    const taken = `${USER}---\napiVersion: v1\nkind: Service\nmetadata: {name: carts-primary}\n`;
    assert.throws(
      () => generate(taken, { values: { slipway: { service: 'carts' } } }),
      /renders Service carts-primary, which blue\/green makes itself/,
    );
    const route = (kind: string): string =>
      `${USER}---\napiVersion: x/v1\nkind: ${kind}\nmetadata: {name: carts}\n`;
    assert.throws(() => generate(route('VirtualService')), /renders VirtualService carts/);
    assert.throws(() => generate(route('HTTPRoute'), { mesh: 'gateway-api' }), /renders HTTPRoute carts/);
    assert.ok(generate(route('HTTPRoute'))['carts-primary-service.yaml']);
  });

  it('may have a Deployment whose name is longer than a label', () => {
    const name = `${'c'.repeat(70)}`;
    const long = USER.replace(
      'kind: Deployment\nmetadata: {name: carts',
      `kind: Deployment\nmetadata: {name: ${name}`,
    );
    assert.ok(generate(long)[`${name}-primary-deployment.yaml`]);
  });

  it('is refused when a suffixed name or label becomes too long', () => {
    assert.throws(() => generate(USER.replaceAll('carts', 'c'.repeat(60))), PlatformTerminalError);
  });
});
