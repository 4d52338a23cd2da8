import { strict as assert } from 'node:assert';
import { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import { RESOURCES } from '../../src/activities/kubernetes/resources.ts';
import { RunnerTerminalError } from '../../src/activities/runner/errors.ts';
import { KubernetesJobRunner } from '../../src/activities/runner/kubernetes-job.ts';
import type { Runner } from '../../src/activities/runner/runner.ts';
import { effectContext } from '../contract/platform-harness.ts';
import { describeRunnerContract } from '../contract/runner.ts';
import { clusterTarget } from './target.ts';

const target = clusterTarget();
const namespace = `jobs-${process.pid}`;
const api = KubernetesApi.load(target.kubeconfig);
const jobs = new KubernetesJobRunner(api, { startSeconds: 15 });
const image = target.image('v1');
/** The suite's runs in this namespace and with an image that holds Node. */
const runner: Runner = { run: (request, context) => jobs.run({ ...request, namespace, image }, context) };

describe('jobs on a real cluster', function () {
  this.timeout(60_000);
  before(() => api.create({ resource: RESOURCES.namespace }, { metadata: { name: namespace } }));
  after(() => api.delete({ resource: RESOURCES.namespace, name: namespace }));

  describeRunnerContract('Kubernetes Jobs', () => ({ runner, node: '/bin/node' }));

  const base = {
    namespace,
    argv: ['/bin/node', '-e', '0'],
    files: [],
    env: {},
    workingDir: '',
    timeoutSeconds: 20,
    limits: {},
  };

  it('finds the finished run of its name again, as a restarted worker does', async () => {
    const request = { ...base, name: 'again', image, argv: ['/bin/node', '-p', 'Date.now()'] };
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
      argv: ['/bin/node', '-e', code],
      files,
      env: { TOKEN: 's3cret' },
    };
    const { logs, exitCode } = await jobs.run(request, effectContext());
    assert.equal(exitCode, 0, logs);
    assert.match(logs, /locustfile s3cret/);
    const job = JSON.stringify(await api.get({ resource: RESOURCES.job, namespace, name: 'files' }));
    assert.doesNotMatch(job, /s3cret/);
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
