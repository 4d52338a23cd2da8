import assert from 'node:assert/strict';
import { ChildProcessRunner } from '../../src/activities/runner/child-process-runner.ts';
import { RunnerTerminalError } from '../../src/activities/runner/errors.ts';
import { effectContext } from './platform-harness.ts';
import { describeRunnerContract } from './runner.ts';

describeRunnerContract('child processes', () => ({
  runner: new ChildProcessRunner(),
  node: process.execPath,
}));

describe('the child process runner', () => {
  it('takes /keptn for its directory only where it is a folder of its own', async () => {
    const runner = new ChildProcessRunner();
    const args = [
      '/keptn',
      '--file=/keptn/a',
      'http://host/keptn/b',
      '/keptn-data',
      '/keptn.d',
      '/srv/keptn',
    ];
    const command = [process.execPath, '-e', 'console.log(process.cwd(), ...process.argv.slice(1))'];
    const base = { namespace: 'test', image: '', files: [], env: {}, workingDir: '', timeoutSeconds: 5 };
    const request = { ...base, name: 'place', command, args, resources: { limits: {}, requests: {} } };
    const [directory, ...told] = (await runner.run(request, effectContext())).logs.trim().split(' ');
    assert.deepEqual(told, [directory, `--file=${directory}/a`, ...args.slice(2)]);
  });

  it('starts nothing when it is cancelled while the files of the run are placed', async () => {
    const cancel = new AbortController();
    const findProgram = async (): Promise<undefined> => {
      cancel.abort(new Error('cancelled'));
    };
    const context = { ...effectContext(), signal: cancel.signal };
    const request = {
      ...{ namespace: 'test', name: 'cancelled', image: '', files: [], env: {}, workingDir: '' },
      ...{ timeoutSeconds: 600, resources: { limits: {}, requests: {} }, args: [] },
      command: [process.execPath, '-e', 'setInterval(() => {}, 1000)'],
    };
    await assert.rejects(new ChildProcessRunner({ findProgram }).run(request, context), /cancelled/);
    assert.deepEqual(context.texts, []);
  });

  it('says that a program is not there, and passes no variable of the worker on', async () => {
    const runner = new ChildProcessRunner();
    const base = {
      namespace: 'test',
      image: 'alpine',
      args: [],
      files: [],
      env: {},
      workingDir: '/',
      timeoutSeconds: 5,
      resources: { limits: {}, requests: {} },
    };
    await assert.rejects(
      runner.run({ ...base, name: 'absent', command: ['no-such-program'] }, effectContext()),
      RunnerTerminalError,
    );
    await assert.rejects(
      runner.run({ ...base, name: 'image', command: [] }, effectContext()),
      /the image alpine cannot run as a child process; name its program with cmd/,
    );
    await assert.rejects(
      runner.run({ ...base, name: 'x', command: ['ls'], envFromSecrets: ['locust'] }, effectContext()),
      /the secret locust of x is not there/,
    );
    process.env.SLIPWAY_TEST_SECRET = 'hidden';
    try {
      const command = [process.execPath, '-p', 'JSON.stringify(process.env)'];
      const { logs } = await runner.run({ ...base, name: 'environment', command }, effectContext());
      assert.doesNotMatch(logs, /hidden/);
      const passing = new ChildProcessRunner({ passedVariables: ['SLIPWAY_TEST_SECRET'] });
      assert.match((await passing.run({ ...base, name: 'passed', command }, effectContext())).logs, /hidden/);
    } finally {
      delete process.env.SLIPWAY_TEST_SECRET;
    }
  });
});
