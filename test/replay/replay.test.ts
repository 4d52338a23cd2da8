import assert from 'node:assert/strict';
import proto from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { bundleWorkflows } from '../../src/worker/bundle.ts';
import { SCENARIOS } from '../durability/scenarios.ts';
import { quietRuntime } from '../support/quiet-runtime.ts';
import { recordedHistories, toJson } from './histories.ts';

describe('histories that an earlier worker has written', () => {
  const recorded = recordedHistories();
  let failures: Map<string, string>;

  before(async function () {
    this.timeout(60_000);
    failures = await replayAll(recorded.map(({ workflowId, history }) => ({ workflowId, history })));
  });

  it('are there for every story', () => {
    const stories = new Set(recorded.map(({ name }) => name.split('.')[0]));
    assert.deepEqual([...stories].sort(), SCENARIOS.map(({ name }) => name).sort());
  });

  for (const { name, workflowId } of recorded) {
    it(`${name} goes on with the current code`, () => {
      assert.equal(failures.get(workflowId), undefined);
    });
  }

  it('are told from ones that the current code cannot have written', async () => {
    const [first] = recorded.filter(({ name }) => name === 'deliver.run-1');
    assert.ok(first);
    const changed = proto.temporal.api.history.v1.History.fromObject(toJson(first.history));
    const scheduled = changed.events.find((event) => event.activityTaskScheduledEventAttributes);
    assert.ok(scheduled?.activityTaskScheduledEventAttributes?.activityType);
    scheduled.activityTaskScheduledEventAttributes.activityType.name = 'undeploy';
    const [failure] = [...(await replayAll([{ workflowId: first.workflowId, history: changed }])).values()];
    assert.match(failure ?? '', /[Nn]ondeterminism/);
  });
});

let bundle: Promise<string> | undefined;

/** Replays and answers the errors by workflow id. */
async function replayAll(
  histories: { workflowId: string; history: unknown }[],
): Promise<Map<string, string>> {
  quietRuntime();
  bundle ??= bundleWorkflows();
  const workflowBundle = { code: await bundle };
  const failures = new Map<string, string>();
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories)) {
    if (error !== undefined) failures.set(workflowId, `${error.name}: ${error.message}`);
  }
  return failures;
}
