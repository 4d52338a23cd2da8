import { strict as assert } from 'node:assert';
import type { V1Deployment } from '@kubernetes/client-node';
import { RESOURCES, type Resource } from '../../src/activities/kubernetes/resources.ts';
import { PlatformTerminalError } from '../../src/activities/platform/errors.ts';
import { releaseName } from '../../src/activities/platform/helm/release-name.ts';
import type { Deployment, ServiceRef } from '../../src/activities/platform/platform.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { DeliverySteps } from './delivery-steps.ts';
import { createService, type ServiceUnderTest } from './service-under-test.ts';
import { clusterTarget } from './target.ts';

const target = clusterTarget();
const AUTOSCALER: Resource = {
  group: 'autoscaling',
  version: 'v2',
  plural: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
};

/** Beside the one of the chart: a Deployment and a Service of a cache, an autoscaler of the main one, and a hook. */
const MORE = `
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a-cache}
spec:
  replicas: 1
  selector: {matchLabels: {app: a-cache}}
  template:
    metadata: {labels: {app: a-cache}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: cache, image: {{ .Values.cacheImage }}, imagePullPolicy: IfNotPresent}]
---
apiVersion: v1
kind: Service
metadata: {name: a-cache}
spec: {selector: {app: a-cache}, ports: [{name: tcp, port: 22, protocol: TCP}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: hello}
spec:
  minReplicas: 1
  maxReplicas: {{ .Values.maxReplicas | default 3 }}
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: helloservice}
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: hook, annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: before-hook-creation}}
data: {side: {{ .Values.keptn.deployment | quote }}}
`;

describe('charts of all kinds on a real cluster', function () {
  this.timeout(400_000);
  let service: ServiceUnderTest;

  const deploy = (ref: ServiceRef, values: JsonObject): Promise<Deployment> =>
    service.platform.deploy(
      { ...ref, strategy: 'duplicate', values, idempotencyKey: JSON.stringify([ref, values]) },
      service.context,
    );
  const images = async (): Promise<{ [name: string]: string | undefined }> => {
    const all = await service.api.list<V1Deployment>({
      resource: RESOURCES.deployment,
      namespace: service.namespace,
    });
    return Object.fromEntries(
      all.map(({ metadata, spec }) => [
        metadata?.name,
        spec?.template.spec?.containers[0]?.image?.split(':')[1],
      ]),
    );
  };

  before(async () => {
    const change = (path: string, text: string): string =>
      path === 'templates/service.yaml'
        ? text + MORE
        : path === 'values.yaml'
          ? `${text}cacheImage: ${target.image('v1')}\nslipway: {deployment: helloservice, service: helloservice}\n`
          : text;
    service = await createService(target, { project: 'charts', router: 'istio', change });
  });
  after(() => service?.remove());

  it('with several Deployments and Services are released by the one that their values name', async () => {
    const steps = new DeliverySteps(service);
    const first = await deploy(service.ref, { image: target.image('v1') });
    assert.deepEqual(first.deploymentURIsLocal, [`http://helloservice.${service.namespace}:80`]);
    assert.deepEqual(await images(), { 'a-cache': 'v1', helloservice: 'v1', 'helloservice-primary': 'v1' });
    await steps.rollback();
    await deploy(service.ref, { image: target.image('v2'), maxReplicas: 5 });
    await steps.release();
    assert.deepEqual(await images(), { 'a-cache': 'v1', helloservice: 'v2', 'helloservice-primary': 'v2' });
  });

  it('have their autoscaler changed on the primary by the promotion', async () => {
    const found = await service.api.get<{ spec: { maxReplicas: number; scaleTargetRef: { name: string } } }>({
      resource: AUTOSCALER,
      namespace: service.namespace,
      name: 'hello-primary',
    });
    assert.equal(found.spec.maxReplicas, 5);
    assert.equal(found.spec.scaleTargetRef.name, 'helloservice-primary');
  });

  it('have their hooks run with the user chart only', async () => {
    const path = { resource: RESOURCES.configMap, namespace: service.namespace, name: 'hook' };
    const hook = await service.api.get<{ data: JsonObject }>(path);
    assert.deepEqual(hook.data, { side: 'canary' });
  });

  it('are refused when their release belongs to another service', async () => {
    const impostor = await sameChartFor('helloservice-generated');
    await assert.rejects(deploy(impostor, { image: target.image('v1') }), (error: Error) => {
      assert.ok(error instanceof PlatformTerminalError, String(error));
      assert.match(
        error.message,
        /helloservice-generated in namespace .* belongs to the service helloservice;/,
      );
      return true;
    });
    await assert.rejects(
      service.platform.undeploy(impostor, service.context),
      /belongs to the service helloservice/,
    );
    assert.equal((await images())['helloservice-primary'], 'v2');
  });

  it('are not deployed in place over a primary that users are on', async () => {
    const request = { ...service.ref, strategy: 'direct' as const, values: {}, idempotencyKey: 'direct' };
    await assert.rejects(
      service.platform.deploy(request, service.context),
      /runs blue\/green .* users are on the primary/,
    );
    assert.equal((await images())['helloservice-primary'], 'v2');
  });

  it('of services with long names have releases that Helm takes, and never those of each other', async () => {
    const base = 'hello-service-with-a-name-that-is-longer-than-helm-takes';
    const [long, twin] = [await sameChartFor(`${base}-1`), await sameChartFor(`${base}-2`)];
    assert.equal(releaseName(long, false), releaseName(twin, false));
    const namespace = { project: 'charts', stage: 'names' };
    const deployed = await deploy({ ...long, ...namespace }, { image: target.image('v1') });
    assert.deepEqual(deployed.deploymentNames, ['canary']);
    await assert.rejects(
      deploy({ ...twin, ...namespace }, { image: target.image('v1') }),
      /belongs to the service .*-1;/,
    );
    await service.platform.undeploy({ ...long, ...namespace }, service.context);
    await service.api.delete({ resource: RESOURCES.namespace, name: 'charts-names' });
  });

  /** A further service of the project with the same chart. */
  async function sameChartFor(name: string): Promise<ServiceRef> {
    const stored = await service.config.read(service.ref, 'helm/helloservice.tgz');
    assert.ok(stored);
    await service.config.createService(service.ref.project, name);
    const ref = { ...service.ref, service: name };
    for (const stage of ['hardening', 'names'])
      await service.config.write(
        { ...ref, stage },
        [{ uri: `helm/${name}.tgz`, content: stored.content }],
        'Add chart',
      );
    return ref;
  }
});
