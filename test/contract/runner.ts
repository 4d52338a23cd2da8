import assert from 'node:assert/strict';
import type { Runner, RunRequest } from '../../src/activities/runner/runner.ts';
import { effectContext } from './platform-harness.ts';

/** What every Runner must do; `node` is an argument vector that starts Node where the run takes place. */
export function describeRunnerContract(name: string, make: () => { runner: Runner; node: string }): void {
  describe(`the runner contract, kept by ${name}`, function () {
    this.timeout(60_000);
    const { runner, node } = make();
    let runs = 0;
    const request = (code: string, changes: Partial<RunRequest> = {}): RunRequest => ({
      name: `run-${++runs}`,
      namespace: 'test',
      image: 'node',
      argv: [node, '-e', code],
      files: [],
      env: {},
      workingDir: '/work',
      timeoutSeconds: 20,
      limits: {},
      ...changes,
    });
    const run = (code: string, changes?: Partial<RunRequest>) =>
      runner.run(request(code, changes), effectContext());

    it('answers exit code and output', async () => {
      const result = await run('console.log("to out"); console.error("to err"); process.exitCode = 3');
      assert.equal(result.exitCode, 3);
      assert.equal(result.timedOut, false);
      assert.match(result.logs, /to out/);
      assert.match(result.logs, /to err/);
    });

    it('gives the run its files and its environment', async () => {
      const content = new TextEncoder().encode('from the repository');
      const code = 'console.log(require("fs").readFileSync("locust/basic.py", "utf8"), process.env.HOST)';
      const result = await run(code, {
        files: [{ path: 'locust/basic.py', content }],
        env: { HOST: 'carts' },
      });
      assert.match(result.logs, /from the repository carts/);
    });

    it('stops a run after its time, and counts it as failed', async () => {
      const result = await run('console.log("working"); setInterval(() => {}, 1000)', { timeoutSeconds: 1 });
      assert.equal(result.timedOut, true);
      assert.notEqual(result.exitCode, 0);
      assert.match(result.logs, /working/);
    });

    it('keeps the newest 60 KB of the output', async () => {
      const { logs } = await run('console.log("x".repeat(200000) + "the end")');
      assert.ok(logs.length <= 61_440);
      assert.match(logs, /the end\n$/);
    });

    it('refuses a file that would lie outside of its directory', async () => {
      const files = [{ path: '../outside', content: new Uint8Array() }];
      await assert.rejects(run('0', { files }), /outside of the working directory/);
    });

    it('joins a run of the same name', async () => {
      const same = request('setTimeout(() => console.log(process.pid), 200)');
      const [one, two] = await Promise.all([
        runner.run(same, effectContext()),
        runner.run(same, effectContext()),
      ]);
      assert.equal(one.logs, two.logs);
    });

    it('ends when it is cancelled', async () => {
      const cancel = new AbortController();
      setTimeout(() => cancel.abort(new Error('cancelled')), 200);
      const running = runner.run(request('setInterval(() => {}, 1000)'), {
        ...effectContext(),
        signal: cancel.signal,
      });
      await assert.rejects(running, /cancelled/);
    });
  });
}
