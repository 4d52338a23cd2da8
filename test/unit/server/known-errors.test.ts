import assert from 'node:assert/strict';
import { UnreachableError } from '../../../src/client/errors.ts';
import { knownError } from '../../../src/server/errors.ts';
import { RunsUnavailableError } from '../../../src/server/runs.ts';

describe('errors that the API tells', () => {
  it('are 503 with the reason when Temporal takes neither a run nor a reaction, and unknown when they are defects', () => {
    const reason = 'Temporal did not take the webhooks on sh.keptn.event.problem.open: away';
    for (const error of [new UnreachableError(reason), new RunsUnavailableError(reason)]) {
      assert.deepEqual(knownError(error), { status: 503, body: { code: 503, message: reason } });
    }
    assert.equal(knownError(new TypeError('x is undefined')), undefined);
  });
});
