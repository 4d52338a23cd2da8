import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliSandbox } from './run-cli.ts';

describe('the command line', () => {
  let sandbox: CliSandbox;

  beforeEach(() => {
    sandbox = new CliSandbox();
  });
  afterEach(() => sandbox.remove());

  it('prints help on stdout with 0 when it is asked for, and the version', async () => {
    for (const args of [[], ['--help'], ['get', '--help'], ['trigger', 'delivery', '--help']]) {
      const end = await sandbox.run(args);
      assert.deepEqual([end.code, end.stderr], [0, ''], args.join(' '));
      assert.match(end.stdout, /^Usage: slipway/);
    }
    assert.match((await sandbox.run(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
  });

  it('ends with 3 and one sentence on stderr for wrong usage', async () => {
    const wrong = async (args: string[], message: RegExp): Promise<void> => {
      const end = await sandbox.run(args);
      assert.deepEqual([end.code, end.stdout], [3, ''], args.join(' '));
      assert.match(end.stderr, message);
    };
    await wrong(['triger'], /^slipway: unknown command 'triger'\n\(Did you mean trigger\?\)/);
    await wrong(['get', 'foo'], /^slipway: unknown command 'foo'/);
    await wrong(['get'], /^Usage: slipway get/);
    await wrong(['get', 'projects', '--nope'], /^slipway: unknown option '--nope'/);
    await wrong(['trigger', 'delivery'], /^slipway: required option '-p, --project <name>' not specified/);
    await wrong(['get', 'projects', '-o', 'xml'], /Allowed choices are table, json/);
    await wrong(['dev', '--port', '70000'], /it must be a port from 0 to 65535/);
    await wrong(['demo', '--act', '4'], /it must be 1, 2 or 3/);
    await wrong(['demo', '--speed', '0'], /it must be a number above 0/);
    await wrong(['wait', 'x', '--timeout', 'soon'], /it must be a duration/);
    await wrong(['get', 'evaluations', '-p', 'x', '--limit', '0'], /from 1 to 100/);
    const delivery = ['trigger', 'delivery', '-p', 'x', '-s', 'y', '--image', 'z'];
    await wrong([...delivery, '--labels', 'a'], /"a" is no label: write key=value/);
    await wrong([...delivery, '--values', '=a'], /"=a" is no value/);
    await wrong([...delivery, '--values', '__proto__.x=1'], /is no value/);
    await wrong(['get', 'events', '--open'], /--open is given without a project/);
  });

  it('says what to do when no API is known', async () => {
    assert.deepEqual(await sandbox.run(['get', 'projects']), {
      code: 3,
      stdout: '',
      stderr:
        'slipway: no Slipway API is known\n' +
        '  hint: start `slipway dev`, or set SLIPWAY_ENDPOINT and SLIPWAY_TOKEN (or --endpoint and --token)\n',
    });
  });

  it('says what to do when the API does not answer', async () => {
    const end = await sandbox.run(['get', 'projects', '--endpoint', '127.0.0.1:1']);
    assert.equal(end.code, 3);
    assert.match(
      end.stderr,
      /^slipway: the API at http:\/\/127\.0\.0\.1:1\/api cannot be reached: .*\n {2}hint: start/,
    );
  });

  it('names the place of a mistake in slipway.toml', async () => {
    writeFileSync(join(sandbox.directory, 'slipway.toml'), '[api]\nendpoint = \n');
    const syntax = await sandbox.run(['get', 'projects']);
    assert.match(syntax.stderr, /^slipway: slipway\.toml:2:\d+: /);
    writeFileSync(join(sandbox.directory, 'slipway.toml'), '[api]\nendpiont = "x"\n');
    const unknown = await sandbox.run(['get', 'projects']);
    assert.match(
      unknown.stderr,
      /^slipway: slipway\.toml: unknown key api\.endpiont\n {2}hint: known keys are api\.endpoint/,
    );
    assert.deepEqual([syntax.code, unknown.code], [3, 3]);
  });

  it('makes completion scripts that bash can read', async () => {
    const { spawnSync } = await import('node:child_process');
    const { stdout } = await sandbox.run(['completion', 'bash']);
    const check = `${stdout}\nCOMP_WORDS=(slipway trigger de); COMP_CWORD=2; _slipway; echo "\${COMPREPLY[@]}"`;
    const bash = spawnSync('bash', ['-c', check], { encoding: 'utf8' });
    assert.deepEqual([bash.status, bash.stdout, bash.stderr], [0, 'delivery\n', '']);
    assert.equal((await sandbox.run(['completion', 'fish'])).code, 3);
  });

  it('doctor --cluster tells a missing helm and a missing kubeconfig, and its options go with it alone', async () => {
    const nowhere = { SLIPWAY_HELM: '/nowhere/helm', KUBECONFIG: '/nowhere/kubeconfig' };
    const before = sandbox.env;
    sandbox.env = { ...before, ...nowhere };
    const end = await sandbox.run(['doctor', '--cluster', '--namespaces', 'shop-dev', '-o', 'json']);
    sandbox.env = before;
    assert.equal(end.code, 2, end.stderr);
    const found = JSON.parse(end.stdout) as { check: string; status: string; hint?: string }[];
    assert.deepEqual(
      found.map(({ check, status }) => [check, status]),
      [
        ['helm', 'error'],
        ['Kubernetes', 'error'],
      ],
    );
    assert.match(found[1]?.hint ?? '', /KUBECONFIG/);
    const alone = await sandbox.run(['doctor', '--namespaces', 'shop-dev']);
    assert.equal(alone.code, 3);
    assert.match(alone.stderr, /go with --cluster/);
  });

  it('doctor reports as JSON what it has checked', async () => {
    const end = await sandbox.run(['doctor', '-o', 'json']);
    const findings: { check: string; status: string }[] = JSON.parse(end.stdout);
    const checks = findings.map(({ check }) => check);
    for (const check of ['Node', 'C library', 'git', 'Temporal packages', 'temporal', 'Temporal', 'API']) {
      assert.ok(checks.includes(check), check);
    }
    const machine = findings.filter(({ check }) =>
      ['Node', 'C library', 'Temporal packages'].includes(check),
    );
    assert.deepEqual(
      machine.map(({ status }) => status),
      ['ok', 'ok', 'ok'],
    );
    // No API is known in the sandbox, so a warning is the best that can come.
    assert.ok(end.code === 1 || end.code === 2, `exit code ${end.code}`);
  });
});
