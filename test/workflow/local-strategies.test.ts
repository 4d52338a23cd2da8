import assert from 'node:assert/strict';
import { rolloutActivities } from '../../src/activities/executors/rollout.ts';
import { keptWarm } from '../../src/client/kept-warm.ts';
import type { Activities } from '../../src/contracts/activities.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { SequenceOutcome, SequenceRequest } from '../../src/contracts/workflows.ts';
import type { TaskDefinition } from '../../src/sequence/types.ts';
import { startConstantLoad } from '../contract/constant-load.ts';
import { type LocalHarness, makeLocalHarness } from '../contract/platform-local.ts';
import { eventually } from '../support/eventually.ts';
import { RecordingActivities } from '../support/recording-activities.ts';
import { requestFor, runIdOf } from '../support/requests.ts';
import { temporal, withWorker } from '../support/temporal.ts';

const BLUE_GREEN: TaskDefinition = {
  name: 'deployment',
  properties: { deploymentstrategy: 'blue_green_service' },
};
const CANARY: TaskDefinition = {
  name: 'deployment',
  properties: { deploymentstrategy: 'canary', 'x-steps': [{ weight: 30, pause: '300ms', analysis: true }] },
};

describe('how users move on the embedded platform', function () {
  this.timeout(120_000);
  let local: LocalHarness;
  before(async () => {
    await temporal();
    local = await makeLocalHarness();
  });
  after(() => local?.stop());

  type Run = (tasks: TaskDefinition[], values?: JsonObject) => Promise<SequenceOutcome>;

  const withRuns = async (overrides: Partial<Activities>, body: (run: Run) => Promise<void>) => {
    const parts: { warm?: ReturnType<typeof keptWarm> } = {};
    const rollout = rolloutActivities({
      platform: local.platform,
      traffic: local.router,
      keptWarm: { end: async (asked) => (await parts.warm?.end(asked)) ?? 'nothing' },
      options: { observeIntervalMs: 10 },
    });
    const activities = new RecordingActivities().all({ ...rollout, ...overrides });
    await withWorker(activities, async ({ client, taskQueue }) => {
      parts.warm = keptWarm(client);
      await body((tasks, values = {}) => {
        const triggerData = { ...local.service, configurationChange: { values } };
        const request = requestFor(tasks, { input: { ...local.service, gitCommitId: '', triggerData } });
        const options = { workflowId: runIdOf(request), taskQueue, args: [request] as [SequenceRequest] };
        return client.workflow.execute<(request: SequenceRequest) => Promise<SequenceOutcome>>(
          'sequence',
          options,
        );
      });
    });
  };
  const routed = async (): Promise<string> => (await local.platform.endpoints(local.service))?.routed ?? '';
  const failing: Activities['prepareEvaluation'] = async ({ project, stage, service }) => ({
    outcome: 'finished',
    finished: { project, stage, service, status: 'succeeded', result: 'fail', evaluation: { score: 0 } },
  });

  it('puts them back when a step fails, and goes back to a version that is kept, without a failed request', async () => {
    const { first, second } = local.versions;
    await withRuns({ prepareEvaluation: failing }, async (run) => {
      assert.equal((await run([BLUE_GREEN, { name: 'release' }], first)).result, 'pass');
      const load = startConstantLoad(await routed(), 4, () => 'any');
      const stopped = await run([CANARY], second);
      assert.equal(stopped.result, 'fail');
      const versions = async () => (await local.platform.endpoints(local.service))?.versions;
      assert.deepEqual(Object.keys((await versions()) ?? {}), ['primary']);
      assert.equal(await local.served(await routed()), local.names.first);

      const kept: TaskDefinition = { name: 'release', properties: { 'x-keep-warm': '1h' } };
      assert.equal((await run([BLUE_GREEN, kept], second)).result, 'pass');
      assert.equal(await local.served(await routed()), local.names.second);
      const back = await run([{ name: 'rollback', properties: { 'x-warm': true } }]);
      assert.equal(back.result, 'pass');
      await eventually('the old version serves', async () =>
        (await local.served(await routed())) === local.names.first ? true : undefined,
      );
      await load.stop();
      assert.ok((load.succeeded.get('any') ?? 0) > 0);
      assert.deepEqual(load.failed, []);
    });
  });
});
