import { strict as assert } from 'node:assert';
import { setTimeout as delay } from 'node:timers/promises';
import type { V1Deployment } from '@kubernetes/client-node';
import { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import { RESOURCES, type Resource } from '../../src/activities/kubernetes/resources.ts';
import { PlatformTerminalError } from '../../src/activities/platform/errors.ts';
import { objectAt, objectName, objectsAt } from '../../src/activities/platform/helm/objects.ts';
import { TrafficTerminalError } from '../../src/activities/traffic/errors.ts';
import { GatewayProbe } from '../../src/activities/traffic/gateway-probe.ts';
import { istioTraffic } from '../../src/activities/traffic/istio-traffic.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { until } from './command.ts';
import { DeliverySteps } from './delivery-steps.ts';
import { FaultyApi } from './faulty-api.ts';
import { limitedKubeconfig } from './limited-kubeconfig.ts';
import { createService, type ServiceUnderTest } from './service-under-test.ts';
import { clusterTarget } from './target.ts';

const target = clusterTarget();
const DESTINATION_RULE: Resource = {
  group: 'networking.istio.io',
  version: 'v1',
  plural: 'destinationrules',
  kind: 'DestinationRule',
};
const QUOTA: Resource = { group: '', version: 'v1', plural: 'resourcequotas', kind: 'ResourceQuota' };
const AUTOSCALER: Resource = {
  group: 'autoscaling',
  version: 'v2',
  plural: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
};
const BUDGET: Resource = {
  group: 'policy',
  version: 'v1',
  plural: 'poddisruptionbudgets',
  kind: 'PodDisruptionBudget',
};

const ACCOMPANYING = `
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: helloservice}
spec:
  minReplicas: 1
  maxReplicas: 3
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: helloservice}
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: helloservice}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: helloservice}}}
`;

describe('a service on a real cluster', function () {
  this.timeout(180_000);
  let service: ServiceUnderTest;
  let steps: DeliverySteps;
  let keys = 0;

  before(async () => {
    const change = (path: string, text: string): string =>
      path === 'templates/service.yaml' ? text + ACCOMPANYING : text;
    service = await createService(target, {
      project: 'failures',
      router: 'istio',
      rolloutTimeoutSeconds: 15,
      change,
    });
    steps = new DeliverySteps(service);
    await steps.deployOnly(target.image('v1'));
    await steps.rollback();
  });
  after(() => service?.remove());

  const names = async (resource: Resource): Promise<string[]> =>
    (await service.api.list<JsonObject>({ resource, namespace: service.namespace })).map(objectName).sort();
  const deployment = (name: string): Promise<V1Deployment> =>
    service.api.get({ resource: RESOURCES.deployment, namespace: service.namespace, name });
  const deploy = (values: JsonObject): Promise<unknown> => {
    keys += 1;
    return service.platform.deploy(
      { ...service.ref, strategy: 'duplicate', values, idempotencyKey: `f${keys}` },
      service.context,
    );
  };
  const route = (): Promise<JsonObject> =>
    service.api.get({
      resource: RESOURCES.virtualService,
      namespace: service.namespace,
      name: 'helloservice',
    });
  /** Old version serves, canary is stopped: as it was before. */
  async function untouched(): Promise<void> {
    assert.deepEqual(await service.traffic.observe(service.ref), {
      state: 'observed',
      weights: { primary: 100, canary: 0 },
    });
    assert.equal((await deployment('helloservice')).spec?.replicas, 0);
    const primary = await deployment('helloservice-primary');
    assert.equal(primary.spec?.template.spec?.containers[0]?.image, target.image('v1'));
    const response = await fetch(`${target.url('istio')}/`, { headers: { 'x-none': '1' } });
    await response.arrayBuffer();
  }

  it('has the objects that helm-service made, by the same names', async () => {
    assert.deepEqual(await names(RESOURCES.service), [
      'helloservice',
      'helloservice-canary',
      'helloservice-primary',
    ]);
    assert.deepEqual(await names(RESOURCES.deployment), ['helloservice', 'helloservice-primary']);
    assert.deepEqual(await names(DESTINATION_RULE), ['helloservice-canary', 'helloservice-primary']);
    const found = await route();
    assert.deepEqual(objectAt(found, 'spec')?.hosts, [service.host, 'helloservice']);
    assert.deepEqual(objectAt(found, 'spec')?.gateways, ['istio-system/gw', 'mesh']);
    const destinations = objectsAt(found, 'spec', 'http').at(-1);
    const hosts = objectsAt(destinations, 'route').map((entry) => [
      objectAt(entry, 'destination')?.host,
      entry.weight ?? 0,
    ]);
    const domain = `${service.namespace}.svc.cluster.local`;
    assert.deepEqual(hosts, [
      [`helloservice-canary.${domain}`, 0],
      [`helloservice-primary.${domain}`, 100],
    ]);
    assert.ok((await service.config.list(service.ref)).includes('helm/helloservice-generated.tgz'));
  });

  it('has its autoscaler and disruption budget on the primary too', async () => {
    assert.deepEqual(await names(AUTOSCALER), ['helloservice', 'helloservice-primary']);
    assert.deepEqual(await names(BUDGET), ['helloservice', 'helloservice-primary']);
  });

  it('previews what a deployment would change, and writes nothing', async () => {
    const request = {
      ...service.ref,
      strategy: 'duplicate' as const,
      values: { image: target.image('v2') },
      idempotencyKey: 'p',
    };
    const head = await service.config.head(service.ref);
    const { versions, changes } = await service.platform.preview(request);
    assert.deepEqual(versions, { running: target.image('v1'), wanted: target.image('v2') });
    const place = 'spec.template.spec.containers[server].image';
    const image = { path: place, before: target.image('v1'), after: target.image('v2') };
    assert.deepEqual(
      changes.map(({ action, kind, name, step, fields }) => [action, kind, name, step, fields]),
      [
        ['change', 'Deployment', 'helloservice', 'deployment', [image]],
        ['change', 'Deployment', 'helloservice-primary', 'release', [image]],
      ],
    );
    assert.equal(await service.config.head(service.ref), head);
  });

  it('is left as it was when the image does not exist, and the error names pod, image and event', async () => {
    await assert.rejects(
      deploy({ image: target.image('none'), imagePullPolicy: 'Never' }),
      (error: Error) => {
        assert.ok(error instanceof PlatformTerminalError);
        assert.match(error.message, /slipway-test:none: ErrImageNeverPull/);
        assert.match(error.message, /event ErrImageNeverPull|event Failed/);
        return true;
      },
    );
    await untouched();
  });

  it('is left as it was when the program ends at once, and the error has its last words', async () => {
    const bad = (text: string): string =>
      text.replace(
        'imagePullPolicy: {{',
        'command: [/bin/node, -e, \'console.error("no database"); process.exit(3)\']\n          imagePullPolicy: {{',
      );
    await withChart(bad, async () => {
      await assert.rejects(
        deploy({ image: target.image('v2'), imagePullPolicy: 'IfNotPresent' }),
        (error: Error) => {
          assert.ok(error instanceof PlatformTerminalError, String(error));
          assert.match(error.message, /exit code 3/);
          assert.match(error.message, /log server: no database/);
          return true;
        },
      );
    });
    await untouched();
  });

  it('is left as it was when the chart does not render', async () => {
    await withChart(
      (text) => text.replace('{{ .Values.replicaCount }}', '{{ .Values.nothing.at.all }}'),
      () => assert.rejects(deploy({ image: target.image('v2') }), PlatformTerminalError),
    );
    await untouched();
  });

  it('is left as it was when a quota is exceeded, and the error says so', async () => {
    const path = { resource: QUOTA, namespace: service.namespace, name: 'pods' };
    await service.api.apply(path, { metadata: { name: 'pods' }, spec: { hard: { pods: '1' } } });
    try {
      await assert.rejects(deploy({ image: target.image('v2') }), /exceeded quota/);
    } finally {
      await service.api.delete(path);
    }
    await untouched();
  });

  it('treats hostile values as values', async () => {
    const values = { image: target.image('v2'), '--set': 'x=y', replicaCount: '1 --post-renderer=/bin/sh' };
    await assert.rejects(deploy(values), PlatformTerminalError);
    await untouched();
    const file = await service.config.read(service.ref, 'helm/helloservice.tgz');
    assert.ok(file);
    await deploy({ image: target.image('v1'), replicaCount: 1 });
    await steps.rollback();
  });

  it('refuses names that could be options or leave their place', async () => {
    for (const name of ['--kubeconfig=/etc/passwd', '../x', 'A', 'a b']) {
      await assert.rejects(
        service.platform.endpoints({ ...service.ref, project: name }),
        PlatformTerminalError,
      );
    }
  });

  it('notices a GitOps controller that puts weights back, names it, and can write again', async () => {
    await deploy({ image: target.image('v2') });
    await steps.shift(0, 100);
    const found = await route();
    const last = objectsAt(found, 'spec', 'http').length - 1;
    await foreignPatch(service, [
      { op: 'replace', path: `/spec/http/${last}/route/0/weight`, value: 0 },
      { op: 'replace', path: `/spec/http/${last}/route/1/weight`, value: 100 },
    ]);
    const seen = await service.traffic.observe(service.ref);
    assert.equal(seen.state, 'unknown');
    assert.match(seen.state === 'unknown' ? seen.reason : '', /changed by argocd-controller at \d{4}-/);
    await steps.shift(0, 100);
    await steps.rollback();
  });

  it('keeps what the user has added to the route', async () => {
    await foreignPatch(service, [{ op: 'add', path: '/spec/http/0/timeout', value: '7s' }]);
    await deploy({ image: target.image('v2') });
    await steps.shift(50, 50);
    assert.equal(objectsAt(await route(), 'spec', 'http')[0]?.timeout, '7s');
    await steps.rollback();
  });

  it('can be observed through the gateway alone, by the stamp', async () => {
    const dataPlane = new GatewayProbe(service.api, { urls: [target.url('istio')] });
    const probing = istioTraffic({ api: service.api, dataPlane });
    await until(
      'the probe to see the route',
      20,
      async () => (await probing.observe(service.ref)).state === 'observed',
    );
    assert.match(
      (await dataPlane.missing(service.host, 'p1-c99-0123456789')) ?? '',
      /answers .* by p100-c0-/,
    );
    assert.equal(await probing.drained({ ...service.ref, side: 'canary' }), 'unknown');
  });

  it('sends testers to the side that they ask for', async () => {
    await deploy({ image: target.image('v2') });
    const { request } = await import('node:http');
    const ask = (side: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const headers = { host: service.host, 'x-slipway-side': side };
        request(target.url('istio'), { headers }, (response) => {
          response.resume();
          response.on('end', () => resolve(String(response.headers['x-version'])));
        })
          .on('error', reject)
          .end();
      });
    assert.equal(await ask('canary'), 'v2');
    assert.equal(await ask('primary'), 'v1');
    assert.equal(await ask('nobody'), 'v1');
    await steps.rollback();
  });

  it('gets its weights although others write the route all the time', async () => {
    await deploy({ image: target.image('v2') });
    let running = true;
    const others = (async () => {
      for (let count = 0; running; count += 1) {
        await foreignPatch(service, [
          { op: 'add', path: '/metadata/annotations', value: { churn: String(count) } },
        ]);
        await delay(15);
      }
    })();
    try {
      for (const canary of [100, 50, 0]) {
        await service.traffic.setWeights(
          { ...service.ref, weights: { primary: 100 - canary, canary } },
          service.context,
        );
      }
    } finally {
      running = false;
      await others;
    }
    await steps.rollback();
  });

  it('says which right is missing, and changes nothing', async () => {
    const kubeconfig = await limitedKubeconfig(target.kubeconfig, service.namespace);
    const api = KubernetesApi.load(kubeconfig);
    const dataPlane = new GatewayProbe(api, { urls: [target.url('istio')] });
    await deploy({ image: target.image('v2') });
    const attempt = istioTraffic({ api, dataPlane }).setWeights(
      { ...service.ref, weights: { primary: 0, canary: 100 } },
      service.context,
    );
    await assert.rejects(attempt, (error: Error) => {
      assert.ok(error instanceof TrafficTerminalError, String(error));
      assert.match(error.message, /not allowed.*cannot patch resource "virtualservices"/s);
      return true;
    });
    await steps.rollback();
    await untouched();
  });

  it('is deployed although the API server does not answer while the rollout is watched', async () => {
    const server = await FaultyApi.start(target.kubeconfig);
    const change = (path: string, text: string): string =>
      path === 'templates/deployment.yaml'
        ? text.replace('  replicas:', '  minReadySeconds: 5\n  replicas:')
        : text;
    const options = { project: 'unreachable', router: 'istio' as const, rolloutTimeoutSeconds: 120, change };
    const slow = await createService({ ...target, kubeconfig: server.kubeconfig }, options);
    try {
      const values = { image: target.image('v1') };
      const request = { ...slow.ref, strategy: 'direct' as const, values, idempotencyKey: 'u' };
      const deploying = slow.platform.deploy(request, slow.context);
      const watched = until('the rollout to be watched', 30, async () =>
        slow.told.some((text) => text.includes('available')),
      );
      await Promise.race([watched, deploying]);
      server.leave('is silent');
      await delay(25_000);
      server.comeBack();
      await deploying;
      assert.ok(
        slow.told.some((text) => text.includes('did not answer')),
        slow.told.join('\n'),
      );
    } finally {
      server.comeBack();
      await slow.remove();
      server.stop();
    }
  });

  it('is left as it was when the pods never get ready, and the error has their probe and their last words', async () => {
    const deaf = (text: string): string =>
      text.replace(
        'imagePullPolicy: {{',
        'command: [/bin/node, -e, \'console.log("waiting for the database"); setInterval(() => {}, 1000)\']\n          readinessProbe: {httpGet: {path: /, port: 9000}, periodSeconds: 1}\n          imagePullPolicy: {{',
      );
    await withChart(deaf, () =>
      assert.rejects(
        deploy({ image: target.image('v2'), imagePullPolicy: 'IfNotPresent' }),
        (error: Error) => {
          assert.ok(error instanceof PlatformTerminalError, String(error));
          assert.match(error.message, /Deployment failures-hardening\/helloservice: not ready in time/);
          assert.match(error.message, /event Unhealthy: Readiness probe failed/);
          assert.match(error.message, /log server: waiting for the database/);
          return true;
        },
      ),
    );
    await untouched();
  });

  /** Deploys with a changed Deployment template and puts the chart back. */
  async function withChart(change: (text: string) => string, work: () => Promise<void>): Promise<void> {
    const { packChart, readChartArchive } = await import(
      '../../src/activities/platform/helm/chart-archive.ts'
    );
    const uri = 'helm/helloservice.tgz';
    const stored = await service.config.read(service.ref, uri);
    assert.ok(stored);
    const chart = await readChartArchive(stored.content, uri);
    const path = 'templates/deployment.yaml';
    const text = new TextDecoder().decode(chart.files.get(path));
    assert.notEqual(change(text), text);
    const files = new Map(chart.files).set(path, new TextEncoder().encode(change(text)));
    await service.config.write(
      service.ref,
      [{ uri, content: await packChart({ ...chart, files }) }],
      'Break the chart',
    );
    try {
      await work();
    } finally {
      await service.config.write(service.ref, [{ uri, content: stored.content }], 'Put the chart back');
    }
  }
});

/** What another tool does: the same patch under another field manager's name. */
async function foreignPatch(service: ServiceUnderTest, operations: JsonObject[]): Promise<void> {
  const { foreignWriterPatch } = await import('./limited-kubeconfig.ts');
  const path = { resource: RESOURCES.virtualService, namespace: service.namespace, name: 'helloservice' };
  await foreignWriterPatch(target.kubeconfig, path, operations);
}
