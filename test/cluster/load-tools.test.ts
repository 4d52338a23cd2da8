import { strict as assert } from 'node:assert';
import type { ConfigRepo } from '../../src/activities/config/config-repo.ts';
import { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import { RESOURCES } from '../../src/activities/kubernetes/resources.ts';
import { composeLoad } from '../../src/activities/load/compose-load.ts';
import { HttpLoad } from '../../src/activities/load/http-load.ts';
import type { LoadTool } from '../../src/activities/load/load-tool.ts';
import { KubernetesJobRunner } from '../../src/activities/runner/kubernetes-job.ts';
import type { LoadHarness } from '../contract/load.ts';
import { makeLoadHarness } from '../contract/load-harness.ts';
import { describeLoadToolContract } from '../contract/load-tool.ts';
import { LOAD_JMX, LOCUST_SCRIPT } from '../support/load-tools.ts';
import { clusterSettings } from './settings.ts';
import { clusterTarget } from './target.ts';
import { jmeterImage, locustImage } from './tool-images.ts';

const api = KubernetesApi.load(clusterTarget().kubeconfig);
const namespace = `load-${process.pid}`;
/** An address of this machine that pods reach. */
const bind = process.env.SLIPWAY_TEST_LOAD_ADDRESS ?? clusterSettings().nodeIp;
const images = { jmeter: '', locust: '' };

function toolOf(config: ConfigRepo): LoadTool {
  const program = (name: keyof typeof images) => async () => ({ command: [name], image: images[name] });
  const place = {
    config,
    runner: new KubernetesJobRunner(api),
    programs: { jmeter: program('jmeter'), locust: program('locust') },
    builtIn: new HttpLoad(config),
    secret: async () => undefined,
  };
  return composeLoad(place, { namespace });
}

describe('load tools as Jobs on a real cluster', function () {
  this.timeout(300_000);
  before(async () => {
    Object.assign(images, { jmeter: await jmeterImage(), locust: await locustImage() });
    await api.create({ resource: RESOURCES.namespace }, { metadata: { name: namespace } });
  });
  after(() => api.delete({ resource: RESOURCES.namespace, name: namespace }));
  afterEach(async () => {
    const left = await api.list({ resource: RESOURCES.secret, namespace });
    assert.ok(left.length <= 4, 'a cancelled test leaves nothing, an ended one its Job with its Secret');
  });

  /** A pod has five seconds to end; on a busy machine a few more pass until it is told. */
  const make = async (files: { [uri: string]: string }): Promise<LoadHarness> => ({
    ...(await makeLoadHarness(toolOf, files, bind)),
    stopTime: 10_000,
  });

  const jmeter = () => make({ 'jmeter/load.jmx': LOAD_JMX });
  describeLoadToolContract('JMeter as a Job', jmeter, async (harness, length) => {
    const loopcount = length === 'short' ? 25 : 1000;
    const workload = { teststrategy: 'performance', vuser: 4, loopcount, thinktime: 60 };
    await harness.configure(JSON.stringify({ workloads: [{ ...workload, script: 'jmeter/load.jmx' }] }));
  });

  const locust = () => make({ 'locust/locustfile.py': LOCUST_SCRIPT });
  describeLoadToolContract('Locust as a Job', locust, async (harness, length) => {
    const time = length === 'short' ? '3s' : '1m';
    await harness.write({
      'locust/locust.conf.yaml':
        'workloads: [{teststrategy: performance, script: locust/locustfile.py, conf: locust/locust.conf}]',
      'locust/locust.conf': `users = 4\nspawn-rate = 4\nrun-time = ${time}\n`,
    });
  });
});
