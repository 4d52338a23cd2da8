import assert from 'node:assert/strict';
import { noopMetricMeter } from '@temporalio/common';
import type { FinishSequenceRequest } from '../../../src/contracts/activities.ts';
import { countRuns } from '../../../src/worker/run-metrics.ts';
import { RecordingActivities } from '../../support/recording-activities.ts';

describe("a worker's own metrics", () => {
  it('count an ended sequence once it is recorded, and not one whose record failed', async () => {
    const counted: unknown[] = [];
    const meter = {
      createCounter: (name: string) => ({
        ...noopMetricMeter.createCounter(name),
        add: (value: number, tags?: object) => void counted.push([name, value, tags]),
      }),
    };
    const recorded = new RecordingActivities();
    let down = true;
    const activities = recorded.all({
      finishSequence: async () => {
        if (down) throw new Error('no database');
      },
    });
    const run = {
      project: 'shop',
      stage: 'dev',
      service: 'carts',
      sequence: 'delivery',
      keptnContext: 'c',
      workflowId: 'w',
    };
    const request: FinishSequenceRequest = {
      run,
      events: [],
      followUps: [],
      state: { state: 'finished', status: 'succeeded', result: 'pass' },
    };
    const counting = countRuns(activities, meter);
    await assert.rejects(counting.finishSequence(request), /no database/);
    down = false;
    await counting.finishSequence(request);
    const labels = { project: 'shop', stage: 'dev', sequence: 'delivery', state: 'finished', result: 'pass' };
    assert.deepEqual(counted, [['slipway_sequences_finished', 1, labels]]);
  });
});
