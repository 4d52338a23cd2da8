import assert from 'node:assert/strict';
import { NO_TIMEFRAME, resolveTimeframe, resolveWindow } from '../../../src/gate/timeframe.ts';

const NOW = new Date('2024-05-01T10:20:30.456Z');

describe('the timeframe of an evaluation', () => {
  it('is the evaluation block when that has start and end or a timeframe', () => {
    const evaluation = { start: '2024-05-01T10:00:00Z', end: '2024-05-01T10:05:00Z' };
    const test = { start: 'as given', end: 'as given too' };
    assert.deepEqual(resolveTimeframe({ evaluation, test }, NOW), {
      start: '2024-05-01T10:00:00.000Z',
      end: '2024-05-01T10:05:00.000Z',
    });
    assert.deepEqual(resolveTimeframe({ evaluation: { timeframe: '90s' }, test }, NOW), {
      start: '2024-05-01T10:19:00.456Z',
      end: '2024-05-01T10:20:30.456Z',
    });
    assert.deepEqual(resolveTimeframe({ evaluation: { start: evaluation.start }, test }, NOW), test);
    assert.deepEqual(resolveTimeframe({}, NOW), { error: NO_TIMEFRAME });
    assert.deepEqual(resolveTimeframe({ test: { start: 'x' } }, NOW), { error: NO_TIMEFRAME });
  });

  it('defaults to the last five minutes for the command line', () => {
    assert.deepEqual(resolveWindow({}, NOW), {
      start: '2024-05-01T10:15:30.456Z',
      end: '2024-05-01T10:20:30.456Z',
    });
  });

  it('prints the local time of an offset with a literal Z, as Keptn does', () => {
    const window = resolveWindow({ start: '2024-05-01T12:00:00+02:00', timeframe: '1h30m' }, NOW);
    assert.deepEqual(window, { start: '2024-05-01T12:00:00.000Z', end: '2024-05-01T13:30:00.000Z' });
  });

  it('takes times without a zone and with fractions', () => {
    const window = resolveWindow({ start: '2024-02-29T23:59:00', end: '2024-03-01T00:00:00.1239Z' }, NOW);
    assert.deepEqual(window, { start: '2024-02-29T23:59:00.000Z', end: '2024-03-01T00:00:00.123Z' });
  });

  it('refuses what Keptn refuses', () => {
    const start = '2024-05-01T10:00:00Z';
    for (const [input, reason] of [
      [{ start }, /no timeframe or end date/],
      [{ end: start }, /^start date is required when using an end date$/],
      [{ start, end: start, timeframe: '5m' }, /^'end' and 'timeframe' are mutually exclusive$/],
      [{ end: start, timeframe: '5m' }, /mutually exclusive/],
      [{ start, end: '2024-05-01T10:00:59.999Z' }, /at least 1 minute/],
      [{ timeframe: '59s' }, /at least 1 minute/],
      [{ timeframe: '2d' }, /^could not parse provided timeframe: "2d" is not a duration/],
      [{ timeframe: '5' }, /could not parse provided timeframe/],
      [{ start: '2023-02-29T00:00:00Z', timeframe: '5m' }, /not a time/],
      [{ start: '2024-05-01 10:00:00', timeframe: '5m' }, /not a time/],
      [{ start, end: 'soon' }, /not a time/],
    ] as const) {
      const window = resolveWindow(input, NOW);
      assert.ok('error' in window, JSON.stringify(input));
      assert.match(window.error, reason);
    }
  });
});
