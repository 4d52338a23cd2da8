import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import {
  PROJECT_RIGHTS,
  type Right,
  TRAFFIC_RIGHTS,
} from '../../../src/activities/kubernetes/cluster-rights.ts';
import { parseManifest } from '../../../src/activities/platform/helm/chart-yaml.ts';
import { objectAt, objectName, objectsAt } from '../../../src/activities/platform/helm/objects.ts';
import type { JsonObject } from '../../../src/contracts/json.ts';
import { findHelm } from '../../cluster/programs.ts';
import { clusterSettings } from '../../cluster/settings.ts';

const CHART = join(import.meta.dirname, '..', '..', '..', 'k8s', 'slipway');
const helm = findHelm(clusterSettings());

describe("Slipway's own chart", function () {
  this.timeout(60_000);
  before(function () {
    if (helm !== undefined) return;
    console.log('    skipped: helm is neither on PATH nor built (test/cluster/run.ts builds it)');
    this.skip();
  });

  const run = (args: string[]): string =>
    execFileSync(helm ?? '', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const render = (...settings: string[]): JsonObject[] => {
    const sets = settings.flatMap((setting) => ['--set', setting]);
    return parseManifest(
      run(['template', 'slipway', CHART, '--namespace=ops', '--set=store.urlSecret=store', ...sets]),
      'chart',
    );
  };
  const everything = [
    'postgres.enabled=true',
    'serviceMonitor.enabled=true',
    'projectNamespaces={shop-dev,shop-production}',
  ];

  it('passes helm lint', () => {
    assert.match(run(['lint', '--strict', CHART, '--set=store.urlSecret=store']), /0 chart\(s\) failed/);
  });

  it('asks for what it cannot do without', () => {
    assert.throws(() => run(['template', 'slipway', CHART]), /set store.urlSecret, or postgres.enabled/);
    assert.throws(() => render('worker.autoscaling.kind=other'), /must be none, hpa or keda/);
  });

  it('runs every container without root, with a read-only root file system and without privileges', () => {
    const pods = render(...everything)
      .map((object) => objectAt(object, 'spec', 'template', 'spec'))
      .filter((pod) => pod !== undefined);
    assert.equal(pods.length, 3);
    for (const pod of pods) {
      assert.equal(objectAt(pod, 'securityContext')?.runAsNonRoot, true);
      for (const container of objectsAt(pod, 'containers')) {
        assert.deepEqual(objectAt(container, 'securityContext'), {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
  });

  for (const kind of ['istio', 'gateway-api'] as const) {
    it(`grants with ${kind} what the code needs in the projects' namespaces, and nothing in the cluster`, () => {
      const objects = render(...everything, `traffic.kind=${kind}`);
      assert.ok(!objects.some((object) => String(object.kind).startsWith('Cluster')));
      const roles = objects.filter(
        (object) => object.kind === 'Role' && objectName(object) === 'slipway-worker',
      );
      assert.deepEqual(
        roles.map((role) => objectAt(role, 'metadata')?.namespace),
        ['shop-dev', 'shop-production'],
      );
      for (const role of roles) {
        assert.deepEqual(
          granted(objectsAt(role, 'rules')),
          wanted([...PROJECT_RIGHTS, ...TRAFFIC_RIGHTS[kind]]),
        );
      }
    });
  }

  it('gives the token of a service account to the workers only', () => {
    const deployments = render().filter((object) => object.kind === 'Deployment');
    const mounts = deployments.map((object) => [
      objectName(object),
      objectAt(object, 'spec', 'template', 'spec')?.automountServiceAccountToken,
    ]);
    assert.deepEqual(mounts, [
      ['slipway-server', false],
      ['slipway-worker', undefined],
    ]);
  });

  it('leaves the number of workers to the autoscaler that is chosen', () => {
    const kinds = (setting: string): unknown[] => render(setting).map((object) => object.kind);
    assert.ok(kinds('worker.autoscaling.kind=hpa').includes('HorizontalPodAutoscaler'));
    assert.ok(kinds('worker.autoscaling.kind=keda').includes('ScaledObject'));
    const worker = render('worker.autoscaling.kind=hpa').find(
      (object) => objectName(object) === 'slipway-worker' && object.kind === 'Deployment',
    );
    assert.equal(objectAt(worker, 'spec')?.replicas, undefined);
  });

  it('passes no secret by value', () => {
    const text = JSON.stringify(render(...everything, 'temporal.apiKeySecret=cloud'));
    for (const variable of ['TEMPORAL_API_KEY', 'SLIPWAY_SERVER_TOKEN', 'POSTGRES_PASSWORD']) {
      assert.match(text, new RegExp(`"name":"${variable}","valueFrom":\\{"secretKeyRef"`));
    }
  });
});

function wanted(rights: readonly Right[]): string[] {
  return rights
    .flatMap(({ group, resource, verbs }) => verbs.map((verb) => `${group}/${resource} ${verb}`))
    .sort();
}

function granted(rules: readonly JsonObject[]): string[] {
  const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
  return rules
    .flatMap((rule) =>
      list(rule.apiGroups).flatMap((group) =>
        list(rule.resources).flatMap((resource) =>
          list(rule.verbs).map((verb) => `${group}/${resource} ${verb}`),
        ),
      ),
    )
    .sort();
}
