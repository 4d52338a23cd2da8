import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import {
  missingRights,
  PROJECT_RIGHTS,
  TRAFFIC_RIGHTS,
} from '../../src/activities/kubernetes/cluster-rights.ts';
import { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import { RESOURCES } from '../../src/activities/kubernetes/resources.ts';
import { run } from './command.ts';
import { DeliverySteps } from './delivery-steps.ts';
import { accountKubeconfig } from './limited-kubeconfig.ts';
import { findHelm } from './programs.ts';
import { createService } from './service-under-test.ts';
import { clusterSettings } from './settings.ts';
import { clusterTarget } from './target.ts';

const CHART = join(import.meta.dirname, '..', '..', 'k8s', 'slipway');
const target = clusterTarget();
const NAMESPACES = ['slipway-install', 'rights-hardening'];

describe("Slipway's own chart on a real cluster", function () {
  this.timeout(180_000);
  const admin = KubernetesApi.load(target.kubeconfig);
  const rights = [...PROJECT_RIGHTS, ...TRAFFIC_RIGHTS.istio];

  const helm = findHelm(clusterSettings()) ?? 'helm';
  const place = ['--namespace=slipway-install', `--kubeconfig=${target.kubeconfig}`];

  before(async () => {
    for (const name of NAMESPACES)
      await admin.apply({ resource: RESOURCES.namespace, name }, { metadata: { name } });
    // Server and workers need Temporal and Postgres: here only what they may do is looked at.
    const settings = [
      'store.urlSecret=store',
      'worker.replicas=0',
      'server.replicas=0',
      'projectNamespaces={rights-hardening}',
    ];
    const sets = settings.flatMap((setting) => ['--set', setting]);
    await run(helm, ['upgrade', '--install', 'slipway', CHART, ...place, ...sets]);
  });
  after(async () => {
    // Its Roles in the gateway's namespace would outlive the namespaces below.
    await run(helm, ['uninstall', 'slipway', '--ignore-not-found', ...place]);
    for (const name of NAMESPACES) await admin.delete({ resource: RESOURCES.namespace, name });
  });

  it("gives the workers' account every right that the code needs, in the projects' namespaces only", async () => {
    const kubeconfig = await accountKubeconfig(target.kubeconfig, {
      namespace: 'slipway-install',
      name: 'slipway-worker',
    });
    const api = KubernetesApi.load(kubeconfig);
    assert.deepEqual(await missingRights(api, 'rights-hardening', rights), []);
    const elsewhere = await missingRights(api, 'default', rights);
    assert.equal(elsewhere.length, rights.flatMap(({ verbs }) => verbs).length);
    await assert.rejects(api.list({ resource: RESOURCES.secret }), /not allowed/);
  });

  it('lets that account deliver, release and remove a service', async () => {
    const kubeconfig = await accountKubeconfig(target.kubeconfig, {
      namespace: 'slipway-install',
      name: 'slipway-worker',
    });
    const service = await createService({ ...target, kubeconfig }, { project: 'rights', router: 'istio' });
    const steps = new DeliverySteps(service);
    await steps.deployOnly(target.image('v1'));
    await steps.rollback();
    await steps.deploy(target.image('v2'));
    await steps.release();
    const found = await service.platform.endpoints(service.ref);
    assert.equal(found?.versions.primary, target.image('v2'));
    await service.platform.undeploy(service.ref, service.context);
    assert.equal(await service.platform.endpoints(service.ref), undefined);
  });
});
