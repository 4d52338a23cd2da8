import { strict as assert } from 'node:assert';
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import { RESOURCES } from '../../src/activities/kubernetes/resources.ts';
import { KubernetesJobRunner } from '../../src/activities/runner/kubernetes-job.ts';
import type { Runner } from '../../src/activities/runner/runner.ts';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { ActivityWorld, eventOf, inContext } from '../support/activity-world.ts';
import { tourChart, tourFile } from '../support/jobs-tour.ts';
import { ensureDemoImages, OWN_DEMO_IMAGES } from './demo-images.ts';
import { type ServiceNames, serveNames } from './service-names.ts';
import { clusterSettings } from './settings.ts';
import { clusterTarget } from './target.ts';
import { helmImage, locustImage } from './tool-images.ts';

const api = KubernetesApi.load(clusterTarget().kubeconfig);
const project = `fulltour-${process.pid}`;
const service = 'helloservice';
const jobs = `jobs-tour-${process.pid}`;
const account = 'jes-deploy-using-helm';
const stages = ['qa', 'production'];
const images = process.env.SLIPWAY_TEST_PODTATOSERVER_IMAGE ?? `${OWN_DEMO_IMAGES}/podtatoserver`;

describe('the tour of jobs on a real cluster', function () {
  this.timeout(180_000);
  let world: ActivityWorld;
  let names: ServiceNames | undefined;

  before(async () => {
    if (!process.env.SLIPWAY_KUBECONFIG) await ensureDemoImages(clusterSettings(), 'podtatoserver');
    const [helm, locust] = [await helmImage(), await locustImage()];
    if (!process.env.SLIPWAY_KUBECONFIG) names = await serveNames(api, { project, service });
    world = await ActivityWorld.open();
    await world.config.createProject(project, {
      stages,
      shipyard: Buffer.from(await tourFile('shipyard.yaml')),
    });
    await world.config.createService(project, service);
    const config = (await tourFile('job/config.yaml'))
      .replaceAll('alpine/helm:3.9.0', helm)
      .replaceAll('locustio/locust:2.8.6', locust);
    const files = [
      { uri: 'charts/helloservice.tgz', content: await tourChart() },
      { uri: 'job/config.yaml', content: Buffer.from(config) },
      ...(await Promise.all(
        ['locust/basic.py', 'locust/locust.conf'].map(async (uri) => ({
          uri,
          content: Buffer.from(await tourFile(uri)),
        })),
      )),
    ];
    for (const stage of stages) await world.config.write({ project, stage, service }, files, 'tour');
    await api.create({ resource: RESOURCES.namespace }, { metadata: { name: jobs } });
    await api.create(
      {
        resource: { group: '', version: 'v1', plural: 'serviceaccounts', kind: 'ServiceAccount' },
        namespace: jobs,
      },
      { metadata: { name: account } },
    );
    await api.create({ resource: CLUSTER_ROLE_BINDING }, binding);
  });
  after(async () => {
    await api.delete({ resource: CLUSTER_ROLE_BINDING, name: jobs });
    for (const name of [jobs, ...stages.map((stage) => `${project}-${stage}`)])
      await api.delete({ resource: RESOURCES.namespace, name });
    names?.stop();
    await world.close();
  });

  const run = async (task: string, stage: string, data: JsonObject = {}) => {
    const place = { project, stage, service };
    const gitcommitid = await world.config.head({ project, stage });
    const event = {
      ...eventOf(`sh.keptn.event.${task}.triggered`, { ...data, ...place }),
      gitcommitid,
    } as KeptnEvent;
    const inCluster = new KubernetesJobRunner(api);
    const runner: Runner = {
      run: (request, context) =>
        inCluster.run({ ...request, env: { ...request.env, ...names?.variables } }, context),
    };
    const activities = world.activities({ runner, options: { jobNamespace: jobs } });
    return inContext(activities.runJobs, { triggered: event });
  };
  const deployment = (stage: string) => ({
    configurationChange: { values: { image: `${images}:${stage}` } },
  });
  const podImages = async (stage: string): Promise<(string | undefined)[]> => {
    const place = { resource: RESOURCES.pod, namespace: `${project}-${stage}` };
    const pods = await api.list<V1Pod>(place, { labelSelector: 'app=helloservice' });
    return pods.map((pod) => pod.spec?.containers[0]?.image);
  };

  it('deploys with helm, tests with Locust, promotes and scales, all by the files of the tour', async () => {
    const deployed = await run('deployment', 'qa', deployment('v0.1.1'));
    assert.equal(deployed.result, 'pass', deployed.message);
    assert.match(deployed.message, /^Task 'Run helm' finished successfully![\s\S]*STATUS: deployed/);
    assert.deepEqual(await podImages('qa'), [`${images}:v0.1.1`]);

    const tested = await run('test', 'qa');
    assert.equal(tested.result, 'pass', tested.message);
    assert.match(tested.message, /Aggregated\s+\d{2,}\s+0\(0\.00%\)/);
    const window = tested.data.test as JsonObject;
    assert.ok(Date.parse(String(window.end)) - Date.parse(String(window.start)) >= 8000);

    const promoted = await run('deployment', 'production', deployment('v0.1.1'));
    assert.equal(promoted.result, 'pass', promoted.message);
    const scaled = await run('action', 'production', { action: { action: 'scale', value: '2' } });
    assert.equal(scaled.result, 'pass', scaled.message);
    const found = await api.get<V1Deployment>({
      resource: RESOURCES.deployment,
      namespace: `${project}-production`,
      name: service,
    });
    assert.equal(found.status?.readyReplicas, 2);
    assert.deepEqual(await podImages('qa'), [`${images}:v0.1.1`], 'qa is as it was');
  });

  it('fails a test whose service answers nobody, with what Locust says', async () => {
    const { result, status, message } = await run('test', 'production');
    assert.equal(result, 'pass', 'production answers');
    await api.delete({
      resource: { group: '', version: 'v1', plural: 'services', kind: 'Service' },
      namespace: `${project}-production`,
      name: service,
    });
    const failed = await run('test', 'production');
    assert.deepEqual([failed.status, failed.result], ['errored', 'fail'], `${status} ${message}`);
    assert.match(
      failed.message,
      /^Task 'Run locust' failed: job \S+ ended with exit code 1[\s\S]*Logs:[\s\S]*Error report/,
    );
  });
});

const CLUSTER_ROLE_BINDING = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural: 'clusterrolebindings',
  kind: 'ClusterRoleBinding',
};
const binding = {
  metadata: { name: jobs },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ kind: 'ServiceAccount', name: account, namespace: jobs }],
};
