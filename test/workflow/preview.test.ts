import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { previewActivity } from '../../src/activities/executors/preview.ts';
import { PlatformTerminalError } from '../../src/activities/platform/errors.ts';
import type { Previewer } from '../../src/activities/platform/platform.ts';
import { UnreachableError } from '../../src/client/errors.ts';
import { previewDeployments } from '../../src/client/preview.ts';
import type { Executor } from '../../src/contracts/activities.ts';
import type { PreviewRequest } from '../../src/contracts/preview.ts';
import { RecordingActivities } from '../support/recording-activities.ts';
import { temporal, withWorker } from '../support/temporal.ts';

describe('the preview of deployments through Temporal', function () {
  this.timeout(60_000);

  const request = (stage: string, deploymentstrategy = 'blue_green_service'): PreviewRequest => ({
    properties: { deploymentstrategy },
    triggered: {
      id: randomUUID(),
      type: 'sh.keptn.event.deployment.triggered',
      source: 'shipyard-controller',
      specversion: '1.0',
      contenttype: 'application/json',
      time: '2026-01-01T00:00:00.000Z',
      shkeptncontext: randomUUID(),
      data: {
        project: 'shop',
        stage,
        service: 'carts',
        deployment: { deploymentstrategy },
        configurationChange: { values: { image: 'carts:2' } },
      },
    },
  });
  const activities = (previewer: Previewer, executor: Executor = { kind: 'builtin' }) => ({
    ...new RecordingActivities().all(),
    ...previewActivity({ previewer, choice: { of: async () => executor } }),
  });

  it('is answered by a worker, stage by stage, with what each deployment would fail of', async () => {
    const asked: string[] = [];
    const previewer: Previewer = {
      preview: async ({ stage, strategy, values }) => {
        asked.push(`${stage} ${strategy} ${String(values.image)}`);
        if (stage === 'production') throw new PlatformTerminalError('no chart');
        return { versions: { running: 'carts:1', wanted: 'carts:2' }, changes: [] };
      },
    };
    await withWorker(activities(previewer), async ({ client, taskQueue }) => {
      const requests = [request('dev'), request('production'), request('odd', 'sideways')];
      const found = await previewDeployments({ temporalClient: client, taskQueue }, requests);
      assert.deepEqual(
        found.map(({ stage, versions, problem }) => [stage, versions, problem?.slice(0, 40)]),
        [
          ['dev', { running: 'carts:1', wanted: 'carts:2' }, undefined],
          ['production', {}, 'no chart'],
          ['odd', {}, 'The deployment strategy sideways is invalid'.slice(0, 40)],
        ],
      );
      assert.deepEqual(asked.sort(), ['dev duplicate carts:2', 'production duplicate carts:2']);
    });
  });

  it('says who carries a deployment out when that is not Slipway', async () => {
    const previewer: Previewer = { preview: () => assert.fail('nobody is asked') };
    await withWorker(activities(previewer, { kind: 'job' }), async ({ client, taskQueue }) => {
      const [found] = await previewDeployments({ temporalClient: client, taskQueue }, [request('dev')]);
      assert.equal(found?.executor, 'job');
    });
  });

  it('says that no worker has answered in time', async () => {
    const { environment } = await temporal();
    const nobody = { temporalClient: environment.client, taskQueue: `nobody-${randomUUID()}` };
    await assert.rejects(previewDeployments(nobody, [request('dev')], 500), (error: Error) => {
      assert.ok(error instanceof UnreachableError);
      assert.match(error.message, /no worker has answered within 0\.5 seconds/);
      return true;
    });
  });

  it('gives up, with the reason, on a platform that goes on failing', async () => {
    const previewer: Previewer = { preview: () => Promise.reject(new Error('API server away')) };
    await withWorker(activities(previewer), async ({ client, taskQueue }) => {
      const asked = previewDeployments({ temporalClient: client, taskQueue }, [request('dev')]);
      await assert.rejects(asked, /the preview failed: API server away/);
    });
  });
});
