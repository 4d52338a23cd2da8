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
  it('says that a program is not there, and passes no variable of the worker on', async () => {
    const runner = new ChildProcessRunner();
    const base = {
      namespace: 'test',
      image: '',
      files: [],
      env: {},
      workingDir: '/',
      timeoutSeconds: 5,
      limits: {},
    };
    await assert.rejects(
      runner.run({ ...base, name: 'absent', argv: ['no-such-program'] }, effectContext()),
      RunnerTerminalError,
    );
    process.env.SLIPWAY_TEST_SECRET = 'hidden';
    try {
      const argv = [process.execPath, '-p', 'JSON.stringify(process.env)'];
      const { logs } = await runner.run({ ...base, name: 'environment', argv }, effectContext());
      assert.doesNotMatch(logs, /hidden/);
    } finally {
      delete process.env.SLIPWAY_TEST_SECRET;
    }
  });
});
