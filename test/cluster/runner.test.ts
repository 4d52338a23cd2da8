import { strict as assert } from 'node:assert';
import type { V1Job } from '@kubernetes/client-node';
import { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import { RESOURCES } from '../../src/activities/kubernetes/resources.ts';
import { RunnerTerminalError } from '../../src/activities/runner/errors.ts';
import { KubernetesJobRunner } from '../../src/activities/runner/kubernetes-job.ts';
import type { Runner } from '../../src/activities/runner/runner.ts';
import { effectContext } from '../contract/platform-harness.ts';
import { describeRunnerContract } from '../contract/runner.ts';
import { clusterTarget } from './target.ts';
import { shellImage } from './tool-images.ts';

const target = clusterTarget();
const namespace = `jobs-${process.pid}`;
const api = KubernetesApi.load(target.kubeconfig);
const jobs = new KubernetesJobRunner(api, { startSeconds: 15 });
const image = await shellImage();
/** The suite's runs in this namespace and with an image that holds Node. */
const runner: Runner = { run: (request, context) => jobs.run({ ...request, namespace, image }, context) };

describe('jobs on a real cluster', function () {
  this.timeout(60_000);
  before(() => api.create({ resource: RESOURCES.namespace }, { metadata: { name: namespace } }));
  after(() => api.delete({ resource: RESOURCES.namespace, name: namespace }));

  describeRunnerContract('Kubernetes Jobs', () => ({ runner, node: '/bin/node' }));

  const base = {
    namespace,
    command: ['/bin/node', '-e', '0'],
    args: [],
    files: [],
    env: {},
    workingDir: '',
    timeoutSeconds: 20,
    resources: { limits: {}, requests: {} },
  };

  it('finds the finished run of its name again, as a restarted worker does', async () => {
    const request = { ...base, name: 'again', image, command: ['/bin/node', '-p', 'Date.now()'] };
    const first = await jobs.run(request, effectContext());
    const second = await new KubernetesJobRunner(api).run(request, effectContext());
    assert.equal(second.logs, first.logs);
  });

  it('mounts files below /keptn, writable beside them, and keeps the environment in a Secret', async () => {
    const code =
      'require("fs").writeFileSync("/keptn/out.csv", "x"); console.log(require("fs").readFileSync("/keptn/locust/basic.py", "utf8"), process.env.TOKEN)';
    const files = [{ path: 'locust/basic.py', content: new TextEncoder().encode('locustfile') }];
    const request = {
      ...base,
      name: 'files',
      image,
      command: ['/bin/node', '-e', code],
      files,
      env: { TOKEN: 's3cret' },
    };
    const { logs, exitCode } = await jobs.run(request, effectContext());
    assert.equal(exitCode, 0, logs);
    assert.match(logs, /locustfile s3cret/);
    const job = JSON.stringify(await api.get({ resource: RESOURCES.job, namespace, name: 'files' }));
    assert.doesNotMatch(job, /s3cret/);
  });

  it('runs an image without a command by its own, with the arguments, and not as root', async () => {
    const code = 'console.log(process.getuid(), process.getgid())';
    const request = { ...base, name: 'entrypoint', image, command: [], args: ['-e', code] };
    const { logs } = await jobs.run(request, effectContext());
    assert.match(logs, /^1000 2000$/m);
  });

  it('takes the keys of a Secret that only the cluster has, and says when it is not there', async () => {
    const place = { resource: RESOURCES.secret, namespace };
    await api.create(place, {
      metadata: { name: 'locust-secret' },
      stringData: { HOST: 'carts', FILE: 'b' },
    });
    const command = ['/bin/node', '-p', 'process.env.HOST + process.env.FILE'];
    const request = { ...base, image, command, env: { FILE: 'own' }, envFromSecrets: ['locust-secret'] };
    const { logs } = await jobs.run({ ...request, name: 'secret' }, effectContext());
    assert.match(logs, /cartsown/);
    const without = { ...request, name: 'no-secret', envFromSecrets: ['nowhere'] };
    await assert.rejects(jobs.run(without, effectContext()), /secret "nowhere" not found/);
  });

  it('leaves a Job that Kubernetes ends and removes when its worker does not', async () => {
    const annotations = { 'vault/inject': 'true' };
    const request = { ...base, name: 'kept', image, annotations, ttlSecondsAfterFinished: 120 };
    await jobs.run(request, effectContext());
    const job = await api.get<V1Job>({ resource: RESOURCES.job, namespace, name: 'kept' });
    assert.equal(job.spec?.ttlSecondsAfterFinished, 120);
    assert.equal(job.spec?.activeDeadlineSeconds, 620);
    assert.equal(job.metadata?.annotations?.['vault/inject'], 'true');
  });

  it('says which image cannot be started, and leaves nothing behind', async () => {
    const request = { ...base, name: 'no-image', image: 'localhost/slipway-test:none' };
    await assert.rejects(jobs.run(request, effectContext()), (error: Error) => {
      assert.ok(error instanceof RunnerTerminalError);
      assert.match(error.message, /slipway-test:none/);
      return true;
    });
    assert.equal(await api.find({ resource: RESOURCES.job, namespace, name: 'no-image' }), undefined);
  });
});
