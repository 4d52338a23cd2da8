import { strict as assert } from 'node:assert';
import type { V1Deployment, V1Service } from '@kubernetes/client-node';
import { RESOURCES } from '../../src/activities/kubernetes/resources.ts';
import { DeliverySteps } from './delivery-steps.ts';
import { createService, type ServiceUnderTest } from './service-under-test.ts';
import { clusterTarget } from './target.ts';

const target = clusterTarget();

/** As `helm create` names and labels things: everything has the name of the release, the image is an object. */
const NAMED = '{{ .Release.Name }}';
const LABELS = (indent: number): string =>
  ['app.kubernetes.io/name: hello', `app.kubernetes.io/instance: ${NAMED}`]
    .map((line) => `${' '.repeat(indent)}${line}`)
    .join('\n');

/** What such charts have beside: a second Service of the same pods, a budget for the release, a policy, an Ingress, a List. */
const BESIDE = `
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata: {name: ${NAMED}-admin, labels: {part: admin}}
  spec: {selector: {app.kubernetes.io/name: hello, app.kubernetes.io/instance: ${NAMED}}, ports: [{name: http, port: 81, targetPort: http}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: ${NAMED}}
spec: {maxUnavailable: 1, selector: {matchLabels: {app.kubernetes.io/instance: ${NAMED}}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ${NAMED}}
spec:
  podSelector: {matchLabels: {app.kubernetes.io/name: hello}}
  policyTypes: [
    Ingress
  ]
  ingress: [{}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ${NAMED}}
spec: {defaultBackend: {service: {name: ${NAMED}, port: {number: 80}}}}
{{- if .Capabilities.APIVersions.Has "networking.istio.io/v1" }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: ${NAMED}-mesh}
{{- end }}
`;

function asHelmCreate(path: string, text: string): string {
  if (path === 'values.yaml')
    return text.replace(/^image: .*$/m, 'image:\n  repository: nginx\n  pullPolicy: IfNotPresent\n  tag: ""');
  const named = text
    .replace(/^ {2}name: helloservice$/m, `  name: ${NAMED}`)
    .replace(/^( +)app: helloservice$/gm, (_, indent: string) => LABELS(indent.length))
    .replace('{{ .Values.image | quote }}', '"{{ .Values.image.repository }}:{{ .Values.image.tag }}"');
  return path === 'templates/service.yaml' ? named + BESIDE : named;
}

describe('charts that were not written for Keptn, on a real cluster', function () {
  this.timeout(400_000);
  let service: ServiceUnderTest;
  let name: string;

  const names = async (resource: (typeof RESOURCES)[keyof typeof RESOURCES]): Promise<string[]> =>
    (await service.api.list<V1Service>({ resource, namespace: service.namespace }))
      .map(({ metadata }) => metadata?.name ?? '')
      .sort();
  const image = async (deployment: string): Promise<string | undefined> => {
    const path = { resource: RESOURCES.deployment, namespace: service.namespace, name: deployment };
    return (await service.api.get<V1Deployment>(path)).spec?.template.spec?.containers[0]?.image;
  };
  const deploy = (version: string, strategy: 'duplicate' | 'direct' = 'duplicate') =>
    service.platform.deploy(
      { ...service.ref, strategy, values: { image: target.image(version) }, idempotencyKey: version },
      service.context,
    );

  describe('of helm create', () => {
    before(async () => {
      service = await createService(target, { project: 'created', router: 'istio', change: asHelmCreate });
      name = `${service.namespace}-helloservice`;
    });
    after(() => service?.remove());

    it('get the image in its parts, and addresses by the name of their Service', async () => {
      const deployed = await deploy('v1');
      assert.equal(await image(name), target.image('v1'));
      assert.deepEqual(deployed.deploymentURIsLocal, [`http://${name}.${service.namespace}:80`]);
      assert.deepEqual(await names(RESOURCES.service), [
        name,
        `${name}-admin`,
        `${name}-admin-primary`,
        `${name}-canary`,
        `${name}-primary`,
      ]);
      assert.match(
        service.told.join('\n'),
        new RegExp(`Ingress ${name} of the chart leads to Service ${name} past`),
      );
    });

    it('are previewed with what the chart renders on this cluster', async () => {
      const request = { ...service.ref, strategy: 'duplicate' as const, idempotencyKey: 'p' };
      const { changes } = await service.platform.preview({
        ...request,
        values: { image: target.image('v2') },
      });
      assert.deepEqual(
        changes.map(({ action, kind, name: changed, step }) => [action, kind, changed, step]),
        [
          ['change', 'Deployment', name, 'deployment'],
          ['change', 'Deployment', `${name}-primary`, 'release'],
        ],
      );
    });

    it("are released, and every Service but the canary's own leads to pods of the new version", async () => {
      const steps = new DeliverySteps(service);
      await steps.rollback();
      await deploy('v2');
      await steps.release();
      assert.equal(await image(`${name}-primary`), target.image('v2'));
      for (const [lead, ready] of [
        [`${name}-admin-primary`, 1],
        [`${name}-primary`, 1],
        [`${name}-canary`, 0],
      ] as const) {
        const slices = await service.api.list<{ endpoints?: { conditions?: { ready?: boolean } }[] }>(
          { resource: RESOURCES.endpointSlice, namespace: service.namespace },
          { labelSelector: `kubernetes.io/service-name=${lead}` },
        );
        const found = slices
          .flatMap(({ endpoints }) => endpoints ?? [])
          .filter(({ conditions }) => conditions?.ready);
        assert.equal(found.length, ready, lead);
      }
    });
  });

  describe('of several Deployments, none of which is meant', () => {
    const several = (path: string, text: string): string =>
      path.startsWith('templates/')
        ? `${text.replaceAll('helloservice', 'front')}\n---\n${text.replaceAll('helloservice', 'back')}`
        : text;
    before(async () => {
      service = await createService(target, { project: 'several', router: 'istio', change: several });
    });
    after(() => service?.remove());

    it('are deployed directly, and again', async () => {
      for (const version of ['v1', 'v2']) {
        await service.platform.endpoints(service.ref);
        await deploy(version, 'direct');
        assert.deepEqual([await image('front'), await image('back')], Array(2).fill(target.image(version)));
      }
    });

    it('are refused by blue/green with what to say, and left as they are', async () => {
      await service.platform.undeploy(service.ref, service.context);
      await assert.rejects(
        deploy('v1'),
        /several deployments \(back, front\)|several deployments \(front, back\)/,
      );
      assert.deepEqual(await names(RESOURCES.deployment), []);
    });
  });
});
