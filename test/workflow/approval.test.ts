import assert from 'node:assert/strict';
import { approveSignal, decideUpdate, statusQuery, taskEventSignal } from '../../src/contracts/messages.ts';
import { eventually } from '../support/eventually.ts';
import { RecordingActivities } from '../support/recording-activities.ts';
import { requestFor } from '../support/requests.ts';
import { answerTo } from '../support/responders.ts';
import { openTask, runToEnd, startRun } from '../support/sequence-runs.ts';
import { temporal, withWorker } from '../support/temporal.ts';

describe('a task that waits for approval', () => {
  before(async function () {
    this.timeout(120_000);
    await temporal();
  });

  it('waits for an approval, refuses a decision that nobody wants, and goes on when approved', async () => {
    const recorded = new RecordingActivities();
    await withWorker(recorded.all(), async ({ client, taskQueue }) => {
      const run = await startRun(client, taskQueue, requestFor(['approval', 'release']));
      await eventually('waiting', async () => (await run.query(statusQuery)).state === 'waitingForApproval');
      await assert.rejects(
        run.executeUpdate(decideUpdate, { args: [{ decision: 'approve', by: '' }] }),
        (error: Error) => /by must say who/.test(String(error.cause)),
      );
      await run.executeUpdate(decideUpdate, {
        args: [{ decision: 'approve', by: 'ada', reason: 'looks good' }],
      });
      assert.equal((await run.result()).result, 'pass');
    });
    const finished = recorded.events.find((event) => event.type.endsWith('approval.finished'));
    assert.equal(finished?.data.message, 'Approved by ada: looks good');
  });

  it('fails the sequence when the approval is declined by signal', async () => {
    const recorded = new RecordingActivities();
    await withWorker(recorded.all(), async ({ client, taskQueue }) => {
      const run = await startRun(client, taskQueue, requestFor(['approval', 'release']));
      await eventually('waiting', async () => (await run.query(statusQuery)).state === 'waitingForApproval');
      await run.signal(approveSignal, { decision: 'decline', by: 'ada' });
      assert.equal((await run.result()).result, 'fail');
    });
    assert.ok(!recorded.types().includes('release.triggered'));
  });

  it('counts approvers where the approval asks for several, also when they answer by event', async () => {
    const recorded = new RecordingActivities();
    await withWorker(recorded.all(), async ({ client, taskQueue }) => {
      const approval = { name: 'approval', properties: { pass: 'manual', 'x-approvers': 2 } };
      const run = await startRun(client, taskQueue, requestFor([approval, 'release']));
      const open = await openTask(recorded, 'approval');
      await run.signal(taskEventSignal, { event: answerTo(open, 'finished', { approval: { by: 'ada' } }) });
      await run.signal(taskEventSignal, { event: answerTo(open, 'finished', { approval: { by: 'ada' } }) });
      assert.equal((await run.query(statusQuery)).state, 'waitingForApproval');
      await run.signal(approveSignal, { decision: 'approve', by: 'bob' });
      assert.equal((await run.result()).result, 'pass');
    });
  });

  it('takes the decision that the approval names when its deadline is over', async () => {
    const recorded = new RecordingActivities();
    const approval = { name: 'approval', properties: { pass: 'manual', 'x-deadline': '50ms' } };
    const outcome = await runToEnd(recorded, requestFor([approval, 'release']));
    assert.deepEqual(
      [outcome.result, outcome.message],
      ['fail', 'Declined by deadline: nobody decided in time'],
    );
  });
});
