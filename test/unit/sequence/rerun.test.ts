import assert from 'node:assert/strict';
import { type EarlierRun, planRerun } from '../../../src/sequence/rerun.ts';
import type { CompletedTask, Result } from '../../../src/sequence/types.ts';

const TASKS = ['deployment', 'test', 'evaluation', 'release', 'notify'].map((name) => ({ name }));

/** The first tasks with these results. */
function done(...results: Result[]): CompletedTask[] {
  return results.map((result, index) => ({
    name: TASKS[index]?.name ?? '',
    index,
    triggeredId: String(index),
    result,
    status: 'succeeded',
    properties: null,
  }));
}

describe('where a run is done again', () => {
  const plan = (run: Partial<EarlierRun>, from?: string): string => {
    const planned = planRerun(
      { tasks: TASKS, completed: [], outcome: 'finished', followed: false, ...run },
      from,
    );
    return planned.kind === 'from' ? `${planned.task} after ${planned.completed.length}` : planned.reason;
  };

  it('is the task that failed, or the one that was open', () => {
    assert.equal(plan({ completed: done('pass', 'warning', 'fail') }), 'evaluation after 2');
    assert.equal(plan({ completed: [] }), 'deployment after 0');
    assert.equal(plan({ completed: done('pass', 'pass', 'fail') }, 'test'), 'test after 1');
  });

  it('is the deployment when that was put back: by an abort, a timeout, a rollback', () => {
    const completed = done('pass', 'pass');
    assert.equal(plan({ completed, outcome: 'aborted' }), 'deployment after 0');
    assert.equal(plan({ completed, outcome: 'timedOut' }), 'deployment after 0');
    assert.equal(plan({ completed: done('pass', 'fail'), followed: true }), 'deployment after 0');
    assert.match(plan({ completed, outcome: 'aborted' }, 'test'), /put back since: begin with deployment/);
  });

  it('is behind a release that has made the deployment final', () => {
    const completed = done('pass', 'pass', 'pass', 'pass');
    assert.equal(plan({ completed, outcome: 'aborted' }), 'notify after 4');
    assert.equal(plan({ completed, outcome: 'aborted', followed: true }), 'deployment after 0');
  });

  it('is nowhere in a run that has passed, nor behind the task that did not', () => {
    assert.match(plan({ completed: done('pass', 'pass', 'pass', 'pass', 'pass') }), /has passed/);
    assert.match(plan({ completed: done('fail') }, 'release'), /comes after deployment/);
    assert.match(plan({ completed: done('fail') }, 'x'), /its tasks are deployment, test/);
  });
});
