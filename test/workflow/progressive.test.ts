import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../../src/contracts/activities.ts';
import { abortSignal, statusQuery } from '../../src/contracts/messages.ts';
import type { SequenceOutcome, SequenceRequest } from '../../src/contracts/workflows.ts';
import type { TaskDefinition } from '../../src/sequence/types.ts';
import { eventually } from '../support/eventually.ts';
import { RecordingActivities } from '../support/recording-activities.ts';
import { requestFor, runIdOf } from '../support/requests.ts';
import { temporal, withWorker } from '../support/temporal.ts';

const CANARY: TaskDefinition = {
  name: 'deployment',
  properties: {
    deploymentstrategy: 'canary',
    'x-steps': [
      { weight: 20, pause: '30ms', analysis: true },
      { weight: 50, pause: '20ms' },
      { weight: 100 },
    ],
  },
};
const PUT_BACK = ['shiftTraffic 100/0', 'drain', 'retire'];

/** Evaluations that end with these results, one after the other. */
function judged(...results: ('pass' | 'warning' | 'fail')[]): Pick<Activities, 'prepareEvaluation'> {
  return {
    prepareEvaluation: async ({ project, stage, service, triggered }) => {
      assert.ok(triggered.data.labels?.['canary-step']);
      const result = results.shift() ?? 'pass';
      const evaluation = { result, score: result === 'fail' ? 40 : 100 };
      return {
        outcome: 'finished',
        finished: { project, stage, service, status: 'succeeded', result, evaluation },
      };
    },
  };
}

describe('a progressive rollout', () => {
  before(async function () {
    this.timeout(120_000);
    await temporal();
  });

  it('moves the users step by step, and the release promotes as with blue/green', async () => {
    const recorded = new RecordingActivities();
    const outcome = await runToEnd(recorded, requestFor([CANARY, 'test', 'release']), judged('pass'));
    assert.equal(outcome.result, 'pass');
    assert.deepEqual(recorded.calls, [
      'deploy',
      'shiftTraffic 80/20',
      'shiftTraffic 50/50',
      'shiftTraffic 0/100',
      'test',
      'shiftTraffic 0/100',
      'drain',
      'promote',
      ...PUT_BACK,
    ]);
    const deployed = recorded.events.find(({ type }) => type.endsWith('deployment.finished'));
    assert.equal(
      deployed?.data.message,
      'Successfully deployed; users on the canary: 20 % pass, score 100, 50 %, 100 %',
    );
  });

  it('judges a step over its own time, as an evaluation with all its events', async () => {
    const recorded = new RecordingActivities();
    await runToEnd(recorded, requestFor([CANARY]), judged('pass'));
    assert.deepEqual(recorded.types(), [
      'deployment.triggered',
      'deployment.started',
      'evaluation.triggered',
      'evaluation.started',
      'evaluation.finished',
      'deployment.finished',
      'dev.delivery.finished',
    ]);
    const [triggered, started, finished] = recorded.events.slice(2, 5);
    assert.equal(started?.triggeredid, triggered?.id);
    assert.equal(finished?.triggeredid, triggered?.id);
    const { start, end } = (triggered?.data.test ?? {}) as { start: string; end: string };
    assert.ok(Date.parse(end) - Date.parse(start) >= 30);
  });

  it('puts everything back and fails with the verdict when the gate says fail', async () => {
    const recorded = new RecordingActivities();
    const outcome = await runToEnd(recorded, requestFor([CANARY, 'test']), judged('fail'));
    assert.deepEqual([outcome.outcome, outcome.status, outcome.result], ['finished', 'succeeded', 'fail']);
    assert.deepEqual(recorded.calls, ['deploy', 'shiftTraffic 80/20', ...PUT_BACK]);
    const deployed = recorded.events.find(({ type }) => type.endsWith('deployment.finished'));
    assert.equal(
      deployed?.data.message,
      'the canary was stopped at 20 % of the users: evaluation fail, score 40; all users are on the primary again',
    );
  });

  it('goes on after a warning, which becomes the result of the task', async () => {
    const recorded = new RecordingActivities();
    const outcome = await runToEnd(recorded, requestFor([CANARY]), judged('warning'));
    assert.equal(outcome.result, 'warning');
    assert.equal(recorded.calls.at(-1), 'shiftTraffic 0/100');
  });

  it('is errored and put back when nobody can judge, and when a shift cannot be done', async () => {
    const unable = async (): Promise<never> => {
      throw ApplicationFailure.nonRetryable('no such thing');
    };
    const recorded = new RecordingActivities();
    const outcome = await runToEnd(recorded, requestFor([CANARY]), { prepareEvaluation: unable });
    assert.deepEqual([outcome.status, outcome.result], ['errored', 'fail']);
    assert.deepEqual(recorded.calls.slice(-3), PUT_BACK);

    const other = new RecordingActivities();
    const shiftTraffic: Activities['shiftTraffic'] = async ({ primary, canary }) => {
      other.calls.push(`shiftTraffic ${primary}/${canary}`);
      if (canary === 50) throw ApplicationFailure.nonRetryable('the canary has no ready endpoint');
    };
    const broken = await runToEnd(other, requestFor([CANARY]), { ...judged('pass'), shiftTraffic });
    assert.equal(broken.status, 'errored');
    assert.match(broken.message, /^the canary has no ready endpoint; the users are back on the primary/);
    assert.deepEqual(other.calls.slice(-3), PUT_BACK);
  });

  it('shows the step in the status, and an abort in the middle puts everything back', async () => {
    const recorded = new RecordingActivities();
    const slow: TaskDefinition = {
      name: 'deployment',
      properties: { deploymentstrategy: 'canary', 'x-steps': [{ weight: 10, pause: '1h', analysis: true }] },
    };
    const request = requestFor([slow, 'test']);
    await withWorker(recorded.all(), async ({ client, taskQueue }) => {
      const run = await start(client, taskQueue, request);
      await eventually('the first step has begun', async () => {
        const { tasks } = await run.query(statusQuery);
        return /^10 %: since .* for 1h$/.test(tasks[0]?.message ?? '') || undefined;
      });
      await run.signal(abortSignal, { by: 'sam', reason: 'enough' });
      assert.equal((await run.result()).outcome, 'aborted');
    });
    assert.deepEqual(recorded.calls, ['deploy', 'shiftTraffic 90/10', ...PUT_BACK]);
  });

  it('skips the steps in the first deployment, where both sides are the same version', async () => {
    const recorded = new RecordingActivities();
    await runToEnd(recorded, requestFor([CANARY]), {
      deploy: async () => ({ deployment: { deploymentstrategy: 'duplicate' }, firstDeployment: true }),
    });
    assert.deepEqual(recorded.calls, ['shiftTraffic 0/100']);
  });

  it('is refused before anything is deployed when its steps cannot be used', async () => {
    const recorded = new RecordingActivities();
    const outcome = await runToEnd(
      recorded,
      requestFor([{ name: 'deployment', properties: { deploymentstrategy: 'canary' } }]),
    );
    assert.equal(outcome.status, 'errored');
    assert.match(outcome.message, /^x-steps cannot be used: x-steps must be a list/);
    assert.deepEqual(recorded.calls, []);
  });
});

describe('users who stay on the primary until the release', () => {
  const stays: TaskDefinition = {
    name: 'deployment',
    properties: { deploymentstrategy: 'canary', 'x-users': 'primary' },
  };
  const steps = [{ weight: 50, pause: '20ms', analysis: true }];

  it('come step by step when the release says so', async () => {
    const recorded = new RecordingActivities();
    const tasks = [stays, 'test', { name: 'release', properties: { 'x-steps': steps } }];
    await runToEnd(recorded, requestFor(tasks), judged('pass'));
    assert.deepEqual(recorded.calls, [
      'deploy',
      'test',
      'shiftTraffic 50/50',
      'shiftTraffic 0/100',
      'shiftTraffic 0/100',
      'drain',
      'promote',
      ...PUT_BACK,
    ]);
  });

  it('never meet a canary that failed: the rollback only retires it', async () => {
    const recorded = new RecordingActivities();
    const rollback = requestFor([stays, 'test', 'rollback']);
    await runToEnd(recorded, rollback);
    assert.deepEqual(recorded.calls, ['deploy', 'test', ...PUT_BACK]);
  });

  it('are not moved back to an earlier step when the canary has them already', async () => {
    const recorded = new RecordingActivities();
    const tasks = [
      { name: 'deployment', properties: { deploymentstrategy: 'blue_green_service' } },
      { name: 'release', properties: { 'x-steps': steps } },
    ];
    let asked = 0;
    await runToEnd(recorded, requestFor(tasks), {
      users: async () => ({ onCanary: asked++ === 0 ? 0 : 100, primaryReady: true }),
    });
    assert.ok(!recorded.calls.includes('shiftTraffic 50/50'), recorded.calls.join());
    assert.equal(asked, 2);
  });
});

describe('a canary that was left with users by an earlier delivery', () => {
  it('gives them back before its version is replaced', async () => {
    const recorded = new RecordingActivities();
    const deploy = { name: 'deployment', properties: { deploymentstrategy: 'blue_green_service' } };
    await runToEnd(recorded, requestFor([deploy]), {
      users: async () => ({ onCanary: 100, primaryReady: true }),
    });
    assert.deepEqual(recorded.calls, ['shiftTraffic 100/0', 'drain', 'deploy', 'shiftTraffic 0/100']);
  });
});

type TestClient = Awaited<ReturnType<typeof temporal>>['environment']['client'];

async function start(client: TestClient, taskQueue: string, request: SequenceRequest) {
  const options = { workflowId: runIdOf(request), taskQueue, args: [request] as [SequenceRequest] };
  return client.workflow.start<(request: SequenceRequest) => Promise<SequenceOutcome>>('sequence', options);
}

function runToEnd(
  recorded: RecordingActivities,
  request: SequenceRequest,
  overrides: Partial<Activities> = {},
): Promise<SequenceOutcome> {
  return withWorker(recorded.all(overrides), async ({ client, taskQueue }) => {
    return (await start(client, taskQueue, request)).result();
  });
}
