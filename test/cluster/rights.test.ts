import { strict as assert } from 'node:assert';
import {
  PROJECT_RIGHTS,
  type Right,
  TRAFFIC_RIGHTS,
} from '../../src/activities/kubernetes/cluster-rights.ts';
import { RESOURCES } from '../../src/activities/kubernetes/resources.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { until } from './command.ts';
import { DeliverySteps } from './delivery-steps.ts';
import { accountKubeconfig, grant } from './limited-kubeconfig.ts';
import { underLoad } from './load.ts';
import { createService, type ServiceUnderTest, withCluster } from './service-under-test.ts';
import { clusterTarget, type RouterName } from './target.ts';

const target = clusterTarget();
const ACCOUNT = 'worker';

/** The list that the chart grants, without one verb on one resource. */
function allBut(router: RouterName, verb: string, resource: string): Right[] {
  const all = [...PROJECT_RIGHTS, ...TRAFFIC_RIGHTS[router]];
  assert.ok(all.some((right) => right.resource === resource && right.verbs.includes(verb)));
  return all.map((right) =>
    right.resource === resource ? { ...right, verbs: right.verbs.filter((one) => one !== verb) } : right,
  );
}

interface Case {
  readonly verb: string;
  readonly resource: string;
  readonly router: RouterName;
  /** What goes before, with all rights. */
  readonly first?: (steps: DeliverySteps) => Promise<void>;
  /** What fails. */
  readonly step: (steps: DeliverySteps) => Promise<void>;
  /** Share of the canary before and after. */
  readonly canary: 0 | 100;
}

const v2 = (): string => target.image('v2');
const promoted = async (steps: DeliverySteps): Promise<void> => {
  await steps.deploy(v2());
  await steps.promote();
};

const CASES: { readonly [step: string]: Case } = {
  'a deployment (Helm reads its books)': {
    verb: 'list',
    resource: 'secrets',
    router: 'istio',
    step: (steps) => steps.deployOnly(v2()),
    canary: 0,
  },
  'a deployment (Helm changes the Deployment)': {
    verb: 'patch',
    resource: 'deployments',
    router: 'istio',
    step: (steps) => steps.deployOnly(v2()),
    canary: 0,
  },
  'a deployment (its pods are watched)': {
    verb: 'list',
    resource: 'pods',
    router: 'istio',
    step: (steps) => steps.deployOnly(v2()),
    canary: 0,
  },
  'a shift': {
    verb: 'patch',
    resource: 'virtualservices',
    router: 'istio',
    first: (steps) => steps.deployOnly(v2()),
    step: (steps) => steps.shift(0, 100),
    canary: 0,
  },
  'a shift through the Gateway API': {
    verb: 'patch',
    resource: 'httproutes',
    router: 'gateway-api',
    first: (steps) => steps.deployOnly(v2()),
    step: (steps) => steps.shift(0, 100),
    canary: 0,
  },
  'a shift (the endpoints are asked for)': {
    verb: 'list',
    resource: 'endpointslices',
    router: 'istio',
    first: (steps) => steps.deployOnly(v2()),
    step: (steps) => steps.shift(0, 100),
    canary: 0,
  },
  'a drain': {
    verb: 'list',
    resource: 'services',
    router: 'istio',
    first: (steps) => steps.deploy(v2()),
    step: (steps) => steps.drain('primary'),
    canary: 100,
  },
  'a promotion': {
    verb: 'patch',
    resource: 'deployments',
    router: 'istio',
    first: (steps) => steps.deploy(v2()),
    step: (steps) => steps.promote(),
    canary: 100,
  },
  'the way back to the primary': {
    verb: 'patch',
    resource: 'virtualservices',
    router: 'istio',
    first: promoted,
    step: (steps) => steps.shift(100, 0),
    canary: 100,
  },
  'the end of the canary': {
    verb: 'patch',
    resource: 'deployments',
    router: 'istio',
    first: async (steps) => {
      await promoted(steps);
      await steps.shift(100, 0);
      await steps.drain('canary');
    },
    step: (steps) => steps.retire('canary'),
    canary: 0,
  },
};

for (const router of ['istio', 'gateway-api'] as const) {
  describe(`an account that lacks one verb, through ${router}`, function () {
    this.timeout(180_000);
    let service: ServiceUnderTest;
    let limited: ServiceUnderTest;
    let steps: DeliverySteps;

    before(async () => {
      service = await createService(target, { project: `one-verb-${router}`, router });
      steps = new DeliverySteps(service);
      await steps.deployOnly(target.image('v1'));
      await steps.rollback();
      await grant(target.kubeconfig, { namespace: service.namespace, name: ACCOUNT }, []);
      const kubeconfig = await accountKubeconfig(target.kubeconfig, {
        namespace: service.namespace,
        name: ACCOUNT,
      });
      limited = withCluster(service, { ...target, kubeconfig }, { router, rolloutTimeoutSeconds: 20 });
    });
    after(() => service?.remove());

    for (const [name, entry] of Object.entries(CASES).filter(([, one]) => one.router === router)) {
      const { verb, resource, canary } = entry;
      it(`is told so by ${name}: ${verb} ${resource}; traffic and versions stay`, async () => {
        await entry.first?.(steps);
        await grant(
          target.kubeconfig,
          { namespace: service.namespace, name: ACCOUNT },
          allBut(router, verb, resource),
        );
        const before = await stateOf(service);
        const report = await underLoad(
          { url: target.url(router), host: service.host, rate: 50, connections: 'keep-alive' },
          () =>
            assert.rejects(entry.step(new DeliverySteps(limited)), (error: Error) => {
              assert.equal(error.name, 'ApplicationFailure', String(error));
              assert.match(error.message, new RegExp(`cannot ${verb} resource "${resource}"`));
              assert.ok(error.message.includes(`in the namespace "${service.namespace}"`), error.message);
              assert.match(error.message, /grant the verb/);
              return true;
            }),
        );
        assert.deepEqual(report.failures, []);
        assert.deepEqual(await service.traffic.observe(service.ref), {
          state: 'observed',
          weights: { primary: 100 - canary, canary },
        });
        await until('the state of before', 20, async () => {
          const now = await stateOf(service);
          return JSON.stringify(now) === JSON.stringify(before);
        });
        await steps.rollback();
      });
    }
  });
}

/** Objects, images and replicas in the namespace, and whether a release is half done. */
async function stateOf({ api, namespace }: ServiceUnderTest): Promise<JsonObject> {
  const found: JsonObject = {};
  for (const resource of [RESOURCES.deployment, RESOURCES.service, RESOURCES.configMap]) {
    const all = await api.list<{ metadata: { name: string }; spec?: JsonObject }>({ resource, namespace });
    for (const { metadata, spec } of all) {
      const pod = JSON.stringify(spec?.template ?? {});
      found[`${resource.kind} ${metadata.name}`] =
        `${/"image":"([^"]+)"/.exec(pod)?.[1] ?? ''} x${String(spec?.replicas ?? '')}`;
    }
  }
  const books = await api.list<{ metadata: { labels?: { status?: string } } }>(
    { resource: RESOURCES.secret, namespace },
    { labelSelector: 'owner=helm' },
  );
  found.pending = books.filter(({ metadata }) => metadata.labels?.status?.startsWith('pending')).length;
  return found;
}
