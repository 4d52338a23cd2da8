import assert from 'node:assert/strict';
import type { ConfigRepo } from '../../src/activities/config/config-repo.ts';
import { composeLoad } from '../../src/activities/load/compose-load.ts';
import { LoadTerminalError } from '../../src/activities/load/errors.ts';
import { HttpLoad } from '../../src/activities/load/http-load.ts';
import type { LoadTool } from '../../src/activities/load/load-tool.ts';
import { ChildProcessRunner } from '../../src/activities/runner/child-process-runner.ts';
import { LOAD_JMX, loadTool } from '../support/load-tools.ts';
import { describeLoadContract } from './load.ts';
import { makeLoadHarness } from './load-harness.ts';
import { describeLoadToolContract } from './load-tool.ts';
import { effectContext } from './platform-harness.ts';

const jmeter = await loadTool('jmeter');

function toolOf(config: ConfigRepo, program: string | { command: string[]; image: string }): LoadTool {
  return composeLoad({
    config,
    runner: new ChildProcessRunner(),
    programs: { jmeter: async () => program, locust: async () => 'there is no Locust' },
    builtIn: new HttpLoad(config, { reachInterval: 10 }),
    secret: async () => undefined,
  });
}

if (typeof jmeter === 'string') {
  describe('the real JMeter', () => {
    it(`is not tested here: ${jmeter.split('\n')[0]}`, function () {
      process.stderr.write(`JMeter is not tested: ${jmeter}\n`);
      this.skip();
    });
  });
} else {
  const program = { command: [jmeter.path], image: '' };
  const make = () => makeLoadHarness((config) => toolOf(config, program), { 'jmeter/load.jmx': LOAD_JMX });
  const script = 'jmeter/load.jmx';

  describeLoadContract('the real JMeter', make, { script });
  describeLoadToolContract('the real JMeter', make, async (harness, length) => {
    const loopcount = length === 'short' ? 25 : 1000;
    const workload = { teststrategy: 'performance', vuser: 4, loopcount, thinktime: 60, script };
    await harness.configure(JSON.stringify({ workloads: [workload] }));
  });

  describe('the real JMeter', function () {
    this.timeout(60_000);

    it("takes script and files from any level, and passes jmeter-service's properties", async () => {
      const harness = await makeLoadHarness((config) => toolOf(config, program));
      const { config, service, target, tool } = harness;
      const write = (scope: { project: string; stage?: string }, uri: string, text: string) =>
        config.write(scope, [{ uri, content: new TextEncoder().encode(text) }], 'test');
      try {
        await write({ project: service.project }, script, LOAD_JMX);
        await write(
          { project: service.project, stage: service.stage },
          'jmeter/jmeter.conf.yaml',
          `workloads: [{teststrategy: functional, vuser: 2, loopcount: 3, script: /${script}}]`,
        );
        const request = { ...service, strategy: 'functional', target, keptnContext: 'c1' };
        const result = await tool.run(request, effectContext());
        assert.deepEqual([result.result, result.requests, harness.seen()], ['pass', 6, 6], result.message);
        assert.match(result.message, /measured by JMeter, jmeter\/load\.jmx/);
      } finally {
        await harness.stop();
      }
    });

    it('says what JMeter told about a plan that it cannot read', async () => {
      const harness = await makeLoadHarness((config) => toolOf(config, program), { [script]: '<no plan' });
      try {
        const run = harness.tool.run(
          { ...harness.service, strategy: 'performance', target: harness.target },
          effectContext(),
        );
        await assert.rejects(run, (error: Error) => {
          assert.ok(error instanceof LoadTerminalError);
          assert.match(
            error.message,
            /JMeter ended with exit code \d+ and no result; it told last: .*Error/s,
          );
          return true;
        });
      } finally {
        await harness.stop();
      }
    });

    it('stops a plan that takes longer than its time', async () => {
      const harness = await makeLoadHarness(
        (config) =>
          composeLoad(
            {
              config,
              runner: new ChildProcessRunner(),
              programs: { jmeter: async () => program, locust: async () => '' },
              builtIn: new HttpLoad(config),
              secret: async () => undefined,
            },
            { timeoutSeconds: 6 },
          ),
        { [script]: LOAD_JMX },
      );
      try {
        await harness.configure(
          `workloads: [{teststrategy: performance, vuser: 1, loopcount: 100000, thinktime: 50, script: ${script}}]`,
        );
        const request = { ...harness.service, strategy: 'performance', target: harness.target };
        await assert.rejects(harness.tool.run(request, effectContext()), /its time is over/);
      } finally {
        await harness.stop();
      }
    });
  });
}

describe('a project with a JMeter script', () => {
  it('is loaded by the built-in load where there is no JMeter, which says so', async () => {
    const missing = 'no JMeter is on the PATH';
    const harness = await makeLoadHarness((config) => toolOf(config, missing), {
      'jmeter/load.jmx': LOAD_JMX,
    });
    try {
      await harness.configure(
        'workloads: [{teststrategy: performance, vuser: 1, loopcount: 2, script: jmeter/load.jmx}, {teststrategy: light, vuser: 1, loopcount: 1, script: jmeter/light.jmx}]',
      );
      const run = async (strategy: string) =>
        harness.tool.run({ ...harness.service, strategy, target: harness.target }, effectContext());
      const { message, requests } = await run('performance');
      assert.equal(requests, 2);
      assert.match(message, /built-in load.*jmeter\/load\.jmx was not read: no JMeter is on the PATH/);
      assert.match((await run('light')).message, /jmeter\/light\.jmx is not there/);
      const health = await run('healthcheck');
      assert.deepEqual([health.result, health.requests, harness.seen()], ['pass', 0, 3]);
    } finally {
      await harness.stop();
    }
  });
});
