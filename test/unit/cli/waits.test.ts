import assert from 'node:assert/strict';
import { ordinal, stateText, waitText } from '../../../src/cli/waits.ts';
import type { ActiveRun } from '../../../src/client/index.ts';

const RUN: ActiveRun = {
  project: 'p',
  stage: 'dev',
  service: 's',
  keptnContext: 'c',
  sequence: 'delivery',
  workflowId: 'w',
  state: 'started',
};

describe('what a run waits for', () => {
  it('is told with an ordinal that reads right', () => {
    assert.deepEqual([1, 2, 3, 4, 11, 12, 13, 21, 102, 113].map(ordinal), [
      ...['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '102nd', '113th'],
    ]);
  });

  it('stands behind the state in a list, and only where something is known', () => {
    const queued = { ...RUN, state: 'waiting', position: 2 };
    const alone = { ...RUN, task: 'smoke', missing: 'no worker' };
    assert.equal(stateText('waiting', [queued]), 'waiting (2nd)');
    assert.equal(stateText('waiting', []), 'waiting');
    assert.equal(stateText('started', [queued]), 'started');
    assert.equal(stateText('started', [RUN, alone]), 'started (nobody for smoke)');
  });

  it('is one sentence for each sequence of the run', () => {
    assert.equal(waitText({ ...RUN, position: 3 }), 'delivery in dev is 3rd in its queue.');
    assert.equal(
      waitText({ ...RUN, task: 'smoke', missing: 'no worker' }),
      'Task smoke in dev waits: no worker.',
    );
  });
});
