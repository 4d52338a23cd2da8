import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { parseManifest } from '../../../src/activities/platform/helm/chart-yaml.ts';
import { lowestPort } from '../../../src/activities/platform/helm/deployment-uris.ts';
import { duplicateChart } from '../../../src/activities/platform/helm/duplicate-chart.ts';
import { isKind, objectAt, objectName } from '../../../src/activities/platform/helm/objects.ts';
import { findHelm } from '../../cluster/programs.ts';
import { clusterSettings } from '../../cluster/settings.ts';

const DEMO = join(import.meta.dirname, '..', '..', '..', 'demo');
const helm = findHelm(clusterSettings());
const CHARTS = [
  { folder: 'podtato-head/charts/helloservice', service: 'helloservice', port: 80, blueGreen: true },
  { folder: 'sockshop/charts/carts', service: 'carts', port: 80, blueGreen: true },
  { folder: 'sockshop/charts/carts-db', service: 'carts-db', port: 27017, blueGreen: false },
];

describe('the charts of the demos', function () {
  this.timeout(30_000);
  before(function () {
    if (helm !== undefined) return;
    console.log('    skipped: helm is neither on PATH nor built (test/cluster/run.ts builds it)');
    this.skip();
  });

  for (const { folder, service, port, blueGreen } of CHARTS) {
    it(`render ${service} with the image and the replicas that are asked for`, () => {
      const values = [
        'keptn.project=p',
        'keptn.stage=s',
        `keptn.service=${service}`,
        'keptn.deployment=canary',
        'image=x:1',
        'replicaCount=3',
      ];
      const sets = values.flatMap((value) => ['--set', value]);
      const text = execFileSync(helm ?? '', ['template', 'p-s', join(DEMO, folder), ...sets], {
        encoding: 'utf8',
      });
      const objects = parseManifest(text, folder);
      const deployment = objects.find((object) => isKind(object, 'apps', 'Deployment'));
      assert.ok(deployment);
      assert.equal(objectName(deployment), service);
      assert.equal(objectAt(deployment, 'spec')?.replicas, 3);
      assert.match(text, /image: "x:1"/);
      assert.equal(lowestPort(objects), port);
      if (!blueGreen) return;
      const chart = duplicateChart(objects, {
        service: { project: 'p', stage: 's', service },
        values: {},
        mesh: 'istio',
      });
      const primary = new TextDecoder().decode(
        chart.files.get(`templates/${service}-primary-deployment.yaml`),
      );
      assert.doesNotMatch(primary, /keptn_deployment=canary/);
    });
  }
});
