import assert from 'node:assert/strict';
import { literalArgument } from '../../src/activities/runner/expand-variables.ts';
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
      command: [node, '-e'],
      args: [code],
      files: [],
      env: {},
      workingDir: '/keptn',
      timeoutSeconds: 20,
      resources: { limits: {}, requests: {} },
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

    it('has the files below /keptn, also in arguments and variables, and works in its folders', async () => {
      const files = [{ path: 'locust/sub/basic.py', content: new TextEncoder().encode('below') }];
      const code =
        'const [, file] = process.argv; const read = (path) => require("fs").readFileSync(path, "utf8");' +
        'require("fs").writeFileSync("left", read(file)); console.log(read(process.env.FILE), read("left"), read("sub/basic.py"))';
      const { logs } = await run(code, {
        args: [code, '/keptn/locust/sub/basic.py'],
        env: { FILE: '/keptn/locust/sub/basic.py' },
        files,
        workingDir: '/keptn/locust',
      });
      assert.match(logs, /below below below/);
    });

    it('puts variables into the arguments as Kubernetes does', async () => {
      const code = 'console.log(process.argv.slice(1).join(" "))';
      const args = [code, 'http://$(HOST)/$(HOST)', '$$(HOST)', '$(UNKNOWN)', literalArgument('$(HOST)')];
      const { logs } = await run(code, { args, env: { HOST: 'carts' } });
      assert.match(logs, /^http:\/\/carts\/carts \$\(HOST\) \$\(UNKNOWN\) \$\(HOST\)/m);
    });

    it('hands back the files that it was asked for, of those that are there', async () => {
      const code =
        'require("fs").mkdirSync("out"); require("fs").writeFileSync("out/a.csv", "a,b\\n".repeat(100000)); console.log("done"); process.exitCode = 4';
      const { outputs, logs, exitCode } = await run(code, { outputs: ['out/a.csv', 'absent.csv'] });
      assert.deepEqual(Object.keys(outputs), ['out/a.csv'], logs);
      assert.equal(new TextDecoder().decode(outputs['out/a.csv']), 'a,b\n'.repeat(100_000));
      assert.equal(exitCode, 4);
      assert.match(logs, /^done\s*$/);
    });

    it('tells its progress from the output while it works', async () => {
      const context = effectContext();
      const code =
        'console.log("summary + 1"); setTimeout(() => console.log("summary = 2"), Number(process.argv[1]))';
      const progressOf = (output: string) => /summary \+ \d+/.exec(output)?.[0];
      await runner.run(request(code, { args: [code, '4000'], progressOf }), context);
      assert.ok(context.texts.includes('summary + 1'), context.texts.join('; '));
    });

    it('refuses a command that is not there, with its name', async () => {
      const nothing = request('0', { command: ['/bin/no-such-program'], args: [] });
      await assert.rejects(runner.run(nothing, effectContext()), /no-such-program/);
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
      await assert.rejects(run('0', { files }), /outside of the run's directory/);
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
