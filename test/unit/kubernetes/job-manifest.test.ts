import { strict as assert } from 'node:assert';
import {
  KubernetesOptionsError,
  kubernetesOptions,
} from '../../../src/activities/kubernetes/kubernetes-ports.ts';
import { RESOURCES, restPath } from '../../../src/activities/kubernetes/resources.ts';
import { objectAt, objectsAt } from '../../../src/activities/platform/helm/objects.ts';
import { RunnerTerminalError } from '../../../src/activities/runner/errors.ts';
import { jobObjects } from '../../../src/activities/runner/job-manifest.ts';
import type { RunRequest } from '../../../src/activities/runner/runner.ts';

const request = (changes: Partial<RunRequest> = {}): RunRequest => ({
  name: 'job-executor-service-job-1-001-001',
  namespace: 'keptn',
  image: 'locustio/locust',
  command: ['locust'],
  args: ['-f', '/keptn/locust/basic.py'],
  files: [{ path: 'locust/basic.py', content: new TextEncoder().encode('x') }],
  env: { HOST: 'http://carts' },
  workingDir: '',
  timeoutSeconds: 300,
  resources: { limits: { cpu: '1', memory: '64Mi' }, requests: { cpu: '50m' } },
  ...changes,
});

describe('the Kubernetes Job of a run', () => {
  const containerOf = (changes: Partial<RunRequest> = {}) =>
    objectsAt(jobObjects(request(changes)).job, 'spec', 'template', 'spec', 'containers')[0];

  it('has the files below /keptn, in folders that it may write to', () => {
    const mounts = (workingDir: string): unknown[] =>
      objectsAt(containerOf({ workingDir }), 'volumeMounts').map((mount) => mount.mountPath);
    const expected = ['/keptn', '/keptn/locust', '/tmp', '/keptn/locust/basic.py'];
    assert.deepEqual(mounts(''), expected);
    assert.deepEqual(mounts('/bin'), expected, 'the folders of the image stay as they are');
    assert.equal(containerOf({ workingDir: '/bin' })?.workingDir, '/bin');
  });

  it('keeps command and arguments apart, so that an image without a command keeps its own', () => {
    assert.deepEqual(containerOf()?.command, ['locust']);
    assert.deepEqual(containerOf()?.args, ['-f', '/keptn/locust/basic.py']);
    assert.equal(containerOf({ command: [] })?.command, undefined);
    assert.deepEqual(containerOf({ command: [] })?.args, ['-f', '/keptn/locust/basic.py']);
  });

  it('asks for what it was told and nothing more', () => {
    assert.deepEqual(objectAt(containerOf(), 'resources'), {
      limits: { cpu: '1', memory: '64Mi' },
      requests: { cpu: '50m' },
    });
  });

  it("has job-executor-service's security context, its own fields instead, and is never privileged", () => {
    const context = (changes: Partial<RunRequest>) => objectAt(containerOf(changes), 'securityContext');
    const usual = context({});
    assert.equal(usual?.runAsUser, 1000);
    assert.equal(usual?.readOnlyRootFilesystem, true);
    assert.deepEqual(context({ securityContext: { runAsUser: 7000 } }), { ...usual, runAsUser: 7000 });
    assert.throws(() => containerOf({ securityContext: { privileged: true } }), /privileged containers/);
  });

  it('has annotations, a pull policy, secrets of the namespace, a time to live and an end', () => {
    const { job } = jobObjects(
      request({
        annotations: { a: 'b' },
        imagePullPolicy: 'Always',
        envFromSecrets: ['locust'],
        ttlSecondsAfterFinished: 5,
      }),
    );
    assert.deepEqual(objectAt(job, 'metadata', 'annotations'), { a: 'b' });
    const spec = objectAt(job, 'spec');
    assert.equal(spec?.ttlSecondsAfterFinished, 60);
    assert.equal(spec?.activeDeadlineSeconds, 900);
    const container = containerOf({ imagePullPolicy: 'Always', envFromSecrets: ['locust'] });
    assert.equal(container?.imagePullPolicy, 'Always');
    assert.deepEqual(container?.envFrom, [{ secretRef: { name: 'locust' } }]);
    assert.equal(objectAt(jobObjects(request()).job, 'spec')?.ttlSecondsAfterFinished, 21_600);
  });

  it('has no token unless a service account is named', () => {
    const spec = (changes: Partial<RunRequest>) =>
      objectAt(jobObjects(request(changes)).job, 'spec', 'template', 'spec');
    assert.equal(spec({})?.automountServiceAccountToken, false);
    assert.equal(spec({ serviceAccount: 'deployer' })?.serviceAccountName, 'deployer');
  });

  it('has a name that Kubernetes takes, the same for the same run', () => {
    const name = (text: string): string => jobObjects(request({ name: text })).name;
    assert.equal(name('simple-run'), 'simple-run');
    assert.match(name('Job_With Spaces/and:more'), /^job-with-spaces-and-more-[0-9a-f]{12}$/);
    assert.equal(name('A'), name('A'));
    assert.notEqual(name('A_'), name('A-'));
    assert.match(name('x'.repeat(200)), /^[a-z0-9-]{1,63}$/);
  });

  it('is refused for paths, variables, amounts and sizes that cannot be', () => {
    const refused = (changes: Partial<RunRequest>): void => {
      assert.throws(() => jobObjects(request(changes)), RunnerTerminalError);
    };
    for (const path of ['../x', '/etc/passwd', 'a/../../b', '.'])
      refused({ files: [{ path, content: new Uint8Array() }] });
    refused({ env: { 'a=b': 'x' } });
    refused({ resources: { limits: { memory: 'much' }, requests: {} } });
    refused({ command: [], outputs: ['result.csv'] });
    refused({ files: [{ path: 'big', content: new Uint8Array(1_000_000) }] });
  });
});

describe('paths of the Kubernetes API', () => {
  it('cannot be left by a name', () => {
    const path = { resource: RESOURCES.deployment, namespace: 'a/../kube-system', name: '..%2f?x=y#z' };
    assert.equal(
      restPath(path),
      '/apis/apps/v1/namespaces/a%2F..%2Fkube-system/deployments/..%252f%3Fx%3Dy%23z',
    );
    assert.equal(restPath({ resource: RESOURCES.pod }), '/api/v1/pods');
  });
});

describe('settings of the Kubernetes adapters', () => {
  it('have the defaults of helm-service', () => {
    assert.deepEqual(kubernetesOptions({}), {
      traffic: 'istio',
      gateway: 'istio-system/public-gateway',
      istioGateway: 'public-gateway.istio-system',
      observe: {
        gateways: { service: { namespace: 'istio-system', name: 'istio-ingressgateway', port: 'http2' } },
      },
      ingress: {},
      rolloutTimeoutSeconds: 180,
      inCluster: false,
      testers: {},
    });
  });

  it("understand helm-service's own variables", () => {
    const read = kubernetesOptions({
      ISTIO_GATEWAY: 'gw.mesh',
      INGRESS_HOSTNAME_SUFFIX: '1.2.3.4.nip.io',
      INGRESS_PORT: '8080',
    });
    assert.equal(read.gateway, 'mesh/gw');
    assert.equal(read.istioGateway, 'gw.mesh');
    assert.equal(kubernetesOptions({ SLIPWAY_GATEWAY: 'mesh/gw' }).istioGateway, 'mesh/gw');
    assert.deepEqual(read.ingress, { ingressHostnameSuffix: '1.2.3.4.nip.io', ingressPort: '8080' });
  });

  it('take Envoy admin ports or probe addresses', () => {
    assert.deepEqual(kubernetesOptions({ SLIPWAY_ENVOY_ADMIN: 'http://a:15000/, http://b:15000' }).observe, {
      envoyAdmin: ['http://a:15000', 'http://b:15000'],
    });
    assert.deepEqual(kubernetesOptions({ SLIPWAY_GATEWAY_PROBE: 'http://gw' }).observe, {
      gateways: { urls: ['http://gw'] },
    });
    assert.deepEqual(kubernetesOptions({ SLIPWAY_GATEWAY_PROBE: 'mesh/gw:http' }).observe, {
      gateways: { service: { namespace: 'mesh', name: 'gw', port: 'http' } },
    });
  });

  it('are refused by name when they make no sense', () => {
    for (const env of [
      { SLIPWAY_TRAFFIC: 'nginx' },
      { SLIPWAY_GATEWAY: 'gw' },
      { SLIPWAY_GATEWAY_PROBE: '--x' },
      { SLIPWAY_ENVOY_ADMIN: 'file:///etc/passwd' },
      { SLIPWAY_ROLLOUT_TIMEOUT: 'soon' },
    ]) {
      assert.throws(
        () => kubernetesOptions(env),
        (error) => {
          assert.ok(error instanceof KubernetesOptionsError);
          assert.ok(error.message.startsWith(Object.keys(env)[0] ?? ''), error.message);
          return true;
        },
      );
    }
  });
});
