import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import type { LoadHarness } from './load.ts';
import { effectContext } from './platform-harness.ts';

/** Prepares the strategy `performance`: requests of four users for about two seconds, or for a minute; any error fails it. */
export type PrepareLoad = (harness: LoadHarness, length: 'short' | 'long') => Promise<void>;

/** What every LoadTool must do, however its workload is written. */
export function describeLoadToolContract(
  name: string,
  make: () => Promise<LoadHarness>,
  prepare: PrepareLoad,
): void {
  describe(`the contract of all load tools, kept by ${name}`, function () {
    this.timeout(90_000);
    let harness: LoadHarness;
    beforeEach(async () => {
      harness = await make();
    });
    afterEach(() => harness.stop());
    const run = (context = effectContext()) =>
      harness.tool.run({ ...harness.service, strategy: 'performance', target: harness.target }, context);

    it('measures requests in their window, passes, and tells its progress', async () => {
      await prepare(harness, 'short');
      harness.answerAfter(20);
      const context = effectContext();
      const before = Date.now();
      const result = await run(context);
      assert.equal(result.result, 'pass', result.message);
      assert.ok(result.requests > 10 && result.requests <= harness.seen(), `${result.requests} requests`);
      assert.equal(result.errors, 0);
      assert.match(result.start, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      const [start, end] = [Date.parse(result.start), Date.parse(result.end)];
      assert.ok(start >= before && start < end && end <= Date.now());
      const { average, p50, p90, p95, p99, max } = result.latency;
      const ordered = [19, p50, p90, p95, p99, Math.ceil(max)];
      assert.deepEqual(
        ordered.toSorted((a, b) => a - b),
        ordered,
        JSON.stringify(result.latency),
      );
      assert.ok(average >= 19, `${average} ms`);
      assert.ok(context.texts.length > 0);
    });

    it('counts what fails, and says so in its verdict', async () => {
      await prepare(harness, 'short');
      harness.failEvery(3);
      const { result, errors, requests, message } = await run();
      assert.equal(result, 'fail');
      assert.ok(errors > 0 && Math.abs(errors - requests / 3) <= 4, `${errors} of ${requests}`);
      assert.ok(message.includes(`${errors} of ${requests} requests failed`), message);
    });

    it('stops its requests when it is cancelled', async () => {
      await prepare(harness, 'long');
      const cancel = new AbortController();
      const running = run({ ...effectContext(), signal: cancel.signal });
      running.catch(() => undefined);
      await eventually('requests come', async () => harness.seen() > 0, 30_000);
      cancel.abort(new Error('cancelled'));
      await assert.rejects(running, /cancelled|abort/i);
      const seen = harness.seen();
      const { stopTime = 0 } = harness;
      await eventually('four polls without a request', quiet(harness), 5000 + stopTime);
      // Four users begin at most a hundred requests a second.
      assert.ok(harness.seen() - seen <= 8 + stopTime / 10, `${harness.seen() - seen} requests`);
    });
  });
}

function quiet(harness: LoadHarness): () => Promise<boolean> {
  let last = -1;
  let calm = 0;
  return async () => {
    calm = harness.seen() === last ? calm + 1 : 0;
    last = harness.seen();
    return calm >= 4;
  };
}
