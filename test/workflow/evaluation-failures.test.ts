import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import { blockOf, evaluate, measured } from '../support/evaluations.ts';
import { RecordingActivities } from '../support/recording-activities.ts';
import { temporal } from '../support/temporal.ts';

describe('an evaluation without values to judge', function () {
  this.timeout(60_000);
  before(async () => {
    await temporal();
  });

  it('never passes when the samples cannot be had', async () => {
    const finished = await evaluate(
      new RecordingActivities(),
      {
        fetchSlis: async (fetch) => measured(fetch, 1),
        fetchSamples: async () => {
          throw ApplicationFailure.nonRetryable('Prometheus is gone');
        },
      },
      { compared: ['response_time'] },
    );
    assert.deepEqual(
      [finished.data.status, finished.data.result, finished.data.message],
      [
        'errored',
        'fail',
        'evaluation performed by lighthouse received an unexpected error: Prometheus is gone',
      ],
    );
  });

  it("gives a failed provider's message in Keptn's words, with its status", async () => {
    const recorded = new RecordingActivities();
    const finished = await evaluate(recorded, {
      fetchSlis: async () => {
        throw ApplicationFailure.nonRetryable('no Prometheus is known');
      },
    });
    assert.deepEqual(
      [finished.data.status, finished.data.result, finished.data.message],
      [
        'errored',
        'fail',
        'evaluation performed by lighthouse received an unexpected error: no Prometheus is known',
      ],
    );
    assert.deepEqual(
      [blockOf(finished, 'evaluation').result, blockOf(finished, 'evaluation').score],
      ['pass', 0],
    );
    const answered = recorded.events.find(({ type }) => type.endsWith('get-sli.finished'));
    assert.deepEqual([answered?.data.status, answered?.data.message], ['errored', 'no Prometheus is known']);
  });

  it('is errored when slo.yaml and history cannot be read', async () => {
    const finished = await evaluate(new RecordingActivities(), {
      prepareEvaluation: async () => {
        throw ApplicationFailure.nonRetryable('the database is gone');
      },
    });
    assert.deepEqual([finished.data.status, finished.data.result], ['errored', 'fail']);
    assert.match(String(finished.data.message), /the database is gone$/);
  });
});
