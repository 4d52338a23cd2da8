import assert from 'node:assert/strict';
import { WorkflowFailedError } from '@temporalio/client';
import { undeployActivity } from '../../src/activities/executors/undeploy.ts';
import { PlatformRetryableError, PlatformTerminalError } from '../../src/activities/platform/errors.ts';
import type { Platform, ServiceRef } from '../../src/activities/platform/platform.ts';
import { UnreachableError } from '../../src/client/errors.ts';
import { startUndeployment } from '../../src/client/undeploy.ts';
import { undeploymentWorkflowId } from '../../src/contracts/ids.ts';
import { RecordingActivities } from '../support/recording-activities.ts';
import { withWorker } from '../support/temporal.ts';

const STAGES = ['dev', 'production'];

describe('what runs of a deleted service', function () {
  this.timeout(60_000);

  interface Deleted {
    service: string;
    undeploy: Platform['undeploy'];
    /** Services that the project has when the platform is asked. */
    services?: string[];
  }

  async function afterDeletion({ service, undeploy, services = [] }: Deleted): Promise<unknown> {
    const store = {
      services: async (project: string) => services.map((name) => ({ project, name, creationDate: '' })),
    };
    const activities = {
      ...new RecordingActivities().all(),
      ...undeployActivity({ platform: { undeploy }, store }),
    };
    return withWorker(activities, async ({ client, taskQueue }) => {
      const deleted = { project: 'shop', service, stages: STAGES };
      const start = () => startUndeployment({ temporalClient: client, taskQueue }, deleted);
      await Promise.all([start(), start()]);
      return client.workflow.getHandle(undeploymentWorkflowId(deleted)).result();
    });
  }
  const recorded = (): { gone: string[]; undeploy: (request: ServiceRef) => Promise<void> } => {
    const gone: string[] = [];
    return { gone, undeploy: async ({ stage, service }) => void gone.push(`${service} in ${stage}`) };
  };

  it('is taken away once in every stage, also after a failure that passes', async () => {
    const { gone, undeploy } = recorded();
    let tries = 0;
    const flaky: Platform['undeploy'] = async (request) => {
      tries += 1;
      if (tries === 1) throw new PlatformRetryableError('the API server is away');
      await undeploy(request);
    };
    await afterDeletion({ service: 'carts', undeploy: flaky });
    assert.deepEqual(gone.sort(), ['carts in dev', 'carts in production']);
  });

  it('goes in the other stages where one refuses, which the run tells', async () => {
    const { gone, undeploy } = recorded();
    const refusing: Platform['undeploy'] = async (request) => {
      if (request.stage === 'dev') throw new PlatformTerminalError('release x belongs to the service y');
      await undeploy(request);
    };
    await assert.rejects(afterDeletion({ service: 'orders', undeploy: refusing }), (error) => {
      assert.ok(error instanceof WorkflowFailedError);
      assert.match(String(error.cause?.message), /^dev: .*release x belongs to the service y/);
      return true;
    });
    assert.deepEqual(gone, ['orders in production']);
  });

  it('stays when a service of its name was created again before', async () => {
    const { gone, undeploy } = recorded();
    await afterDeletion({ service: 'again', undeploy, services: ['again'] });
    assert.deepEqual(gone, []);
  });

  it('is told to be left where Temporal does not answer', async () => {
    const away = Object.assign(new Error('14 UNAVAILABLE'), {
      code: 14,
      details: 'connection refused',
      metadata: {},
    });
    const temporalClient = { workflow: { start: () => Promise.reject(away) } } as never;
    const deleted = { project: 'shop', service: 'carts', stages: STAGES };
    await assert.rejects(startUndeployment({ temporalClient }, deleted), UnreachableError);
  });
});
