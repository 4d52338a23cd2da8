import assert from 'node:assert/strict';
import { LoadTerminalError } from '../../src/activities/load/errors.ts';
import type { LoadRequest, LoadTool } from '../../src/activities/load/load-tool.ts';
import { effectContext } from './platform-harness.ts';

/** A load tool with a service whose load configuration the suite writes, and a target that the suite controls. */
export interface LoadHarness {
  tool: LoadTool;
  service: Pick<LoadRequest, 'project' | 'stage' | 'service'>;
  target: string;
  /** Adds files to the service. */
  write(files: { [uri: string]: string }): Promise<void>;
  /** Replaces the load configuration of the service. */
  configure(text: string): Promise<void>;
  /** From now on every n-th request fails; 0 means none. */
  failEvery(n: number): void;
  /** Milliseconds that each answer takes from now on. */
  answerAfter(milliseconds: number): void;
  /** Milliseconds that a cancelled tool may take to end; default 0. The grace period of a pod is such a time. */
  stopTime?: number;
  /** Requests that the target has seen so far. */
  seen(): number;
  stop(): Promise<void>;
}

/** What every LoadTool must do that is configured by jmeter.conf.yaml; `common` are fields of all workloads. */
export function describeLoadContract(
  name: string,
  make: () => Promise<LoadHarness>,
  common: object = {},
): void {
  const usual = { teststrategy: 'performance', vuser: 4, loopcount: 25, acceptederrorrate: 0.1, ...common };
  const conf = (workload: object) =>
    JSON.stringify({ spec_version: '0.1.0', workloads: [{ ...usual, ...workload }] });
  describe(`the load contract, kept by ${name}`, function () {
    this.timeout(60_000);
    let harness: LoadHarness;
    beforeEach(async () => {
      harness = await make();
    });
    afterEach(() => harness.stop());

    const run = (strategy = 'performance', context = effectContext()) =>
      harness.tool.run({ ...harness.service, strategy, target: harness.target }, context);

    it('sends as many requests as users times loops, and measures them in their window', async () => {
      await harness.configure(conf({}));
      harness.answerAfter(20);
      const before = Date.now();
      const result = await run();
      assert.equal(result.result, 'pass', result.message);
      assert.equal(result.requests, 100);
      assert.equal(harness.seen(), 100);
      assert.equal(result.errors, 0);
      assert.match(result.start, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.ok(Date.parse(result.start) >= before && Date.parse(result.end) <= Date.now());
      const { average, p50, p95, p99, max } = result.latency;
      assert.ok(
        average >= 19 && p50 >= 19 && p50 <= p95 && p95 <= p99 && p99 <= max,
        JSON.stringify(result.latency),
      );
    });

    it('lets each user think after an answer', async () => {
      await harness.configure(conf({ vuser: 2, loopcount: 3, thinktime: 200 }));
      const { start, end } = await run();
      assert.ok(Date.parse(end) - Date.parse(start) >= 400);
    });

    it('accepts the configured share of errors and no more', async () => {
      await harness.configure(conf({}));
      harness.failEvery(10);
      const accepted = await run();
      assert.deepEqual([accepted.result, accepted.errors], ['pass', 10]);
      harness.failEvery(5);
      const refused = await run();
      assert.deepEqual([refused.result, refused.errors], ['fail', 20]);
      assert.match(refused.message, /20 of 100/);
    });

    it('accepts no error in a functional test, whatever the share', async () => {
      await harness.configure(
        conf({ teststrategy: 'functional', acceptederrorrate: 1, vuser: 1, loopcount: 10 }),
      );
      harness.failEvery(10);
      assert.equal((await run('functional')).result, 'fail');
    });

    it('fails when the average answer takes longer than avgrtvalidation', async () => {
      await harness.configure(conf({ loopcount: 3, avgrtvalidation: 10 }));
      harness.answerAfter(40);
      assert.equal((await run()).result, 'fail');
    });

    it('refuses a strategy that neither the file nor the defaults know, and a broken file, with its place', async () => {
      await harness.configure(conf({}));
      await assert.rejects(run('soak'), (error: Error) => {
        assert.ok(error instanceof LoadTerminalError);
        assert.match(error.message, /soak.*performance/);
        return true;
      });
      await harness.configure('workloads:\n  - teststrategy: performance\n    vuser: many\n');
      await assert.rejects(run(), /jmeter\.conf\.yaml:3:12/);
    });

    it('ends when it is cancelled, minutes before its time', async () => {
      await harness.configure(conf({ loopcount: 10_000, thinktime: 50 }));
      const cancel = new AbortController();
      const running = run('performance', { ...effectContext(), signal: cancel.signal });
      setTimeout(() => cancel.abort(new Error('cancelled')), 150);
      await assert.rejects(running, /cancelled|abort/i);
    });
  });
}
