import assert from 'node:assert/strict';
import type { ConfigRepo } from '../../src/activities/config/config-repo.ts';
import { composeLoad } from '../../src/activities/load/compose-load.ts';
import { LoadTerminalError } from '../../src/activities/load/errors.ts';
import { HttpLoad } from '../../src/activities/load/http-load.ts';
import type { LoadProgram } from '../../src/activities/load/load-program.ts';
import type { LoadTool } from '../../src/activities/load/load-tool.ts';
import { ChildProcessRunner } from '../../src/activities/runner/child-process-runner.ts';
import { LOCUST_SCRIPT, loadTool } from '../support/load-tools.ts';
import type { LoadHarness } from './load.ts';
import { makeLoadHarness } from './load-harness.ts';
import { describeLoadToolContract } from './load-tool.ts';
import { effectContext } from './platform-harness.ts';

const locust = await loadTool('locust');
const CONF = 'workloads: [{teststrategy: performance, script: /locust/basic.py, conf: /locust/locust.conf}]';

function toolOf(config: ConfigRepo, program: string | LoadProgram): LoadTool {
  const secrets: { [name: string]: { [key: string]: string } } = {
    'locust-podtatohead-hardening-helloservice': { TOKEN: 'tops3cret' },
  };
  return composeLoad({
    config,
    runner: new ChildProcessRunner(),
    programs: { jmeter: async () => 'there is no JMeter', locust: async () => program },
    builtIn: new HttpLoad(config, { reachInterval: 10 }),
    secret: async (name) => secrets[name],
  });
}

const run = (
  { tool, service, target }: LoadHarness,
  changes: { strategy?: string; publicTarget?: string } = {},
) => tool.run({ ...service, strategy: 'performance', target, ...changes }, effectContext());

if (typeof locust === 'string') {
  describe('the real Locust', () => {
    it(`is not tested here: ${locust.split('\n')[0]}`, function () {
      process.stderr.write(`Locust is not tested: ${locust}\n`);
      this.skip();
    });
  });
} else {
  const program = { command: [locust.path], image: '' };
  const make = (files = {}) => makeLoadHarness((config) => toolOf(config, program), files);

  describeLoadToolContract('the real Locust', make, async (harness, length) => {
    const time = length === 'short' ? '3s' : '1m';
    await harness.write({
      'locust/locust.conf.yaml': CONF,
      'locust/basic.py': LOCUST_SCRIPT,
      'locust/locust.conf': `locustfile = /locust/locust.py\nheadless = true\nusers = 4\nspawn-rate = 4\nrun-time = ${time}\n`,
    });
  });

  describe('the real Locust', function () {
    this.timeout(60_000);
    const withHarness = async (
      files: { [uri: string]: string },
      test: (harness: LoadHarness) => Promise<void>,
    ) => {
      const harness = await make(files);
      try {
        await test(harness);
      } finally {
        await harness.stop();
      }
    };

    it('imports its own modules, has the keys of its secret, and tests the public address first', () =>
      withHarness(
        {
          'locust/locust.conf.yaml': CONF,
          'locust/locust.conf': 'users = 1\nrun-time = 2s\n',
          'locust/paths.py': 'import os\nPATH = "/" + os.environ["TOKEN"]\n',
          'locust/basic.py': LOCUST_SCRIPT.replace('"/"', 'PATH').replace(
            'from locust',
            'from paths import PATH\nfrom locust',
          ),
        },
        async (harness) => {
          const nowhere = { ...harness, target: 'http://127.0.0.1:9/' };
          const { result, message } = await run(nowhere, { publicTarget: harness.target });
          assert.equal(result, 'pass', message);
          assert.match(
            message,
            /^0 of \d+ requests failed, average \d+(\.\d)? ms \(measured by Locust, locust\/basic\.py\)$/,
          );
          assert.ok(harness.seen() > 0);
        },
      ));

    it('is errored with what Locust told about a script that it cannot run', () =>
      withHarness(
        { 'locust/locust.conf.yaml': CONF, 'locust/basic.py': 'import no_such_module\n' },
        async (harness) => {
          await assert.rejects(run(harness), /locust\/locust\.conf, which .* names, is not there/);
          await harness.write({ 'locust/locust.conf': 'users = 1\nrun-time = 2s\n' });
          await assert.rejects(run(harness), (error: Error) => {
            assert.ok(error instanceof LoadTerminalError);
            assert.match(error.message, /exit code 1 and measured nothing; it told last: .*no_such_module/);
            return true;
          });
        },
      ));
  });
}

describe('a project with Locust files', () => {
  const missing = 'no Locust is on the PATH';
  const withFiles = async (
    files: { [uri: string]: string },
    test: (harness: LoadHarness) => Promise<void>,
  ) => {
    const harness = await makeLoadHarness((config) => toolOf(config, missing), files);
    try {
      await test(harness);
    } finally {
      await harness.stop();
    }
  };

  it('is errored where there is no Locust, because nothing else can run its script', () =>
    withFiles({ 'locust/locust.conf.yaml': CONF }, async (harness) => {
      await assert.rejects(run(harness), /locust\/basic\.py cannot run: no Locust is on the PATH/);
    }));

  it('passes a strategy that its file does not name without a run, and only connects for the health check', () =>
    withFiles({ 'locust/locust.conf.yaml': CONF }, async (harness) => {
      const other = await run(harness, { strategy: 'functional' });
      assert.deepEqual([other.result, other.requests], ['pass', 0]);
      assert.match(
        other.message,
        /Nothing was run: locust\/locust\.conf\.yaml has no workload for functional/,
      );
      assert.equal((await run(harness, { strategy: 'healthcheck' })).result, 'pass');
      assert.equal(harness.seen(), 0);
      const nowhere = { ...harness, target: 'http://127.0.0.1:9/' };
      assert.match((await run(nowhere, { strategy: 'healthcheck' })).message, /cannot be reached/);
    }));

  it('leaves strategies to jmeter.conf.yaml that only this one names, and runs locustfile.py without any file', () =>
    withFiles({ 'locust/locust.conf.yaml': CONF }, async (harness) => {
      await harness.configure('workloads: [{teststrategy: functional, vuser: 1, loopcount: 2}]');
      assert.equal((await run(harness, { strategy: 'functional' })).requests, 2);
      await withFiles({ 'locust/locustfile.py': LOCUST_SCRIPT }, async (other) => {
        await assert.rejects(run(other, { strategy: 'any' }), /locust\/locustfile\.py cannot run/);
      });
    }));
});
