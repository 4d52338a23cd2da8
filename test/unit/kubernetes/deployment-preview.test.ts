import { strict as assert } from 'node:assert';
import { type PreviewParts, previewOf } from '../../../src/activities/platform/helm/deployment-preview.ts';
import type { HelmCommand } from '../../../src/activities/platform/helm/helm-command.ts';
import type { DeploymentStrategy } from '../../../src/activities/platform/platform.ts';

const deployment = (name: string): string =>
  `---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec: {template: {metadata: {labels: {app: ${name}}}, spec: {containers: [{name: main, image: "${name}:1"}]}}}\n`;

function preview(text: string, strategy: DeploymentStrategy) {
  const parts: PreviewParts = {
    helm: { template: async () => text } as unknown as HelmCommand,
    mesh: 'none',
    manifest: async () => [],
    routeChart: () => undefined,
    running: async () => undefined,
  };
  const request = {
    project: 'p',
    stage: 's',
    service: 'carts',
    strategy,
    values: {},
    idempotencyKey: 'k',
  };
  return previewOf(request, { folder: 'carts', files: new Map() }, parts);
}

describe('the preview of charts that blue/green does not take', () => {
  for (const strategy of ['direct', 'user_managed'] as const) {
    it(`tells what ${strategy} deploys of a worker, and of a chart of several Deployments`, async () => {
      const worker = await preview(deployment('worker'), strategy);
      assert.deepEqual(worker.versions, { wanted: 'worker:1' });
      const several = await preview(deployment('a') + deployment('b'), strategy);
      assert.deepEqual(
        several.changes.map(({ kind, name }) => [kind, name]),
        [
          ['Deployment', 'a'],
          ['Deployment', 'b'],
        ],
      );
    });
  }

  it('says why blue/green does not', async () => {
    const several = deployment('a') + deployment('b');
    await assert.rejects(preview(several, 'duplicate'), /several deployments \(a, b\)/);
  });
});
