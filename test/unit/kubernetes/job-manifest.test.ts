import { strict as assert } from 'node:assert';
import {
  KubernetesOptionsError,
  kubernetesOptions,
} from '../../../src/activities/kubernetes/kubernetes-ports.ts';
import { RESOURCES, restPath } from '../../../src/activities/kubernetes/resources.ts';
import { objectAt, objectsAt } from '../../../src/activities/platform/helm/objects.ts';
import { RunnerTerminalError } from '../../../src/activities/runner/errors.ts';
import { jobObjects, quantity } from '../../../src/activities/runner/job-manifest.ts';
import type { RunRequest } from '../../../src/activities/runner/runner.ts';

const request = (changes: Partial<RunRequest> = {}): RunRequest => ({
  name: 'job-executor-service-job-1-001-001',
  namespace: 'keptn',
  image: 'locustio/locust',
  argv: ['locust'],
  files: [{ path: 'locust/basic.py', content: new TextEncoder().encode('x') }],
  env: { HOST: 'http://carts' },
  workingDir: '',
  timeoutSeconds: 300,
  limits: { cpu: '1', memory: '64Mi' },
  ...changes,
});

describe('the Kubernetes Job of a run', () => {
  it('has the files below /keptn, and below the working directory when that lies elsewhere', () => {
    const mounts = (workingDir: string): unknown[] => {
      const [container] = objectsAt(
        jobObjects(request({ workingDir })).job,
        'spec',
        'template',
        'spec',
        'containers',
      );
      return objectsAt(container, 'volumeMounts').map((mount) => mount.mountPath);
    };
    assert.deepEqual(mounts(''), ['/keptn', '/keptn/locust/basic.py']);
    assert.deepEqual(mounts('/keptn/locust'), ['/keptn', '/keptn/locust/basic.py']);
    assert.deepEqual(mounts('/mnt/locust/'), [
      '/keptn',
      '/mnt/locust',
      '/keptn/locust/basic.py',
      '/mnt/locust/locust/basic.py',
    ]);
  });

  it('asks for no more than its limits allow', () => {
    const [container] = objectsAt(jobObjects(request()).job, 'spec', 'template', 'spec', 'containers');
    assert.deepEqual(objectAt(container, 'resources'), {
      limits: { cpu: '1', memory: '64Mi' },
      requests: { cpu: '50m', memory: '64Mi' },
    });
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
    refused({ limits: { memory: 'much' } });
    refused({ workingDir: 'relative' });
    refused({ files: [{ path: 'big', content: new Uint8Array(1_000_000) }] });
  });

  it('counts quantities as Kubernetes does', () => {
    assert.equal(quantity('500m'), 0.5);
    assert.equal(quantity('1Ki'), 1024);
    assert.equal(quantity('1.5G'), 1.5e9);
    assert.throws(() => quantity('1 Gi'), RunnerTerminalError);
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
      observe: {
        gateways: { service: { namespace: 'istio-system', name: 'istio-ingressgateway', port: 'http2' } },
      },
      ingress: {},
      rolloutTimeoutSeconds: 180,
      inCluster: false,
    });
  });

  it("understand helm-service's own variables", () => {
    const read = kubernetesOptions({
      ISTIO_GATEWAY: 'gw.mesh',
      INGRESS_HOSTNAME_SUFFIX: '1.2.3.4.nip.io',
      INGRESS_PORT: '8080',
    });
    assert.equal(read.gateway, 'mesh/gw');
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
