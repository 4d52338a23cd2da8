import assert from 'node:assert/strict';
import type { SliFetch } from '../../../src/contracts/activities.ts';
import type { JsonObject } from '../../../src/contracts/json.ts';
import { getSliFinished, getSliRequest, readGetSliFinished } from '../../../src/workflows/get-sli.ts';
import { eventOf } from '../../support/activity-world.ts';

const FETCH: SliFetch = {
  project: 'sockshop',
  stage: 'staging',
  service: 'carts',
  provider: 'dynatrace',
  indicators: ['response_time', 'error_rate'],
  start: '2026-01-01T00:00:00.000Z',
  end: '2026-01-01T00:05:00.000Z',
  deployment: 'canary',
  labels: {},
  customFilters: [{ key: 'job', value: 'mine' }],
  gitCommitId: '',
};
const WINDOW = { start: FETCH.start, end: FETCH.end };

describe('the get-sli events', () => {
  const read = (data: JsonObject) =>
    readGetSliFinished(eventOf('sh.keptn.event.get-sli.finished', data), FETCH);
  const values = (indicatorValues: JsonObject[]) =>
    read({ status: 'succeeded', result: 'pass', 'get-sli': { indicatorValues } }).values;

  it('ask in the order of slo.yaml, and leave out lists that are empty', () => {
    assert.deepEqual(getSliRequest(FETCH), {
      project: 'sockshop',
      stage: 'staging',
      service: 'carts',
      deployment: 'canary',
      'get-sli': {
        sliProvider: 'dynatrace',
        ...WINDOW,
        indicators: ['response_time', 'error_rate'],
        customFilters: [{ key: 'job', value: 'mine' }],
      },
    });
    const bare = getSliRequest({ ...FETCH, indicators: [], customFilters: [], labels: { build: '7' } });
    assert.deepEqual(bare['get-sli'], { sliProvider: 'dynatrace', ...WINDOW });
    assert.deepEqual(bare.labels, { build: '7' });
  });

  it('answer without indicatorValues when nothing was measured', () => {
    const answer = { status: 'errored', result: 'fail', message: 'down', ...WINDOW, values: [] } as const;
    assert.deepEqual(getSliFinished(FETCH, { ...answer, values: [] })['get-sli'], WINDOW);
    const measured = { metric: 'error_rate', value: 2, success: true };
    assert.deepEqual(getSliFinished(FETCH, { ...answer, values: [measured] })['get-sli'], {
      ...WINDOW,
      indicatorValues: [{ ...measured, comparedValue: 0 }],
    });
  });

  it("keep a failed SLI's own message when it comes without a value", () => {
    const message = 'no data points';
    const failed = { metric: 'a', value: 0, success: false, message };
    assert.deepEqual(values([{ metric: 'a', success: false, message }]), [failed]);
    assert.deepEqual(values([{ metric: 'a', value: null, success: null, message }]), [failed]);
  });

  it('read absent and null parts as empty, 0 and false, as Go does', () => {
    assert.deepEqual(
      values([{ metric: 'a', success: true }, { value: 3, success: true }, { metric: null }]),
      [
        { metric: 'a', value: 0, success: true },
        { metric: '', value: 3, success: true },
        { metric: '', value: 0, success: false },
      ],
    );
  });

  it('fail an SLI whose value is no number', () => {
    const refused = { metric: 'a', value: 0, success: false, message: 'the value is no number' };
    assert.deepEqual(values([{ metric: 'a', value: '12', success: true }]), [refused]);
    assert.deepEqual(values([{ metric: 7, value: 12, success: true }]), []);
  });

  it('fail with the result fail alone, and end with errored and aborted alone', () => {
    const outcome = (result: string, status: string) => {
      const answer = read({ result, status, message: 'm' });
      return `${answer.result} ${answer.status}`;
    };
    assert.equal(outcome('fail', 'succeeded'), 'fail succeeded');
    assert.equal(outcome('warning', 'succeeded'), 'warning succeeded');
    assert.equal(outcome('failed', 'unknown'), 'pass succeeded');
    assert.equal(outcome('pass', 'errored'), 'pass errored');
    assert.equal(outcome('pass', 'aborted'), 'pass aborted');
  });
});
