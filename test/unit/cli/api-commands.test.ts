import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { playDeliveries } from '../../fakes/delivery-play.ts';
import { FakeKeptnApi } from '../../fakes/keptn-api.ts';
import { CliSandbox } from './run-cli.ts';

const SHIPYARD = `apiVersion: spec.keptn.sh/0.2.3
kind: Shipyard
metadata:
  name: tour
spec:
  stages:
    - name: dev
      sequences:
        - name: delivery
          tasks:
            - name: deployment
`;

describe('slipway commands that talk to the API', () => {
  let api: FakeKeptnApi;
  let sandbox: CliSandbox;

  beforeEach(async () => {
    api = await FakeKeptnApi.start();
    sandbox = new CliSandbox();
    sandbox.env = { SLIPWAY_ENDPOINT: api.endpoint, SLIPWAY_TOKEN: api.token };
  });
  afterEach(async () => {
    await api.stop();
    sandbox.remove();
  });

  const file = (name: string, content: string): void => writeFileSync(join(sandbox.directory, name), content);
  const deliver = [
    'trigger',
    'delivery',
    '--project',
    'tour',
    '--service',
    'web',
    '--image',
    'ghcr.io/x/web',
  ];

  describe('trigger delivery', () => {
    it('prints the context', async () => {
      const end = await sandbox.run([...deliver, '--tag', 'v1', '--labels', 'a=1,b=2', '--values', 'x.y=3']);
      const [event] = api.events;
      assert.deepEqual(end, {
        code: 0,
        stdout: `ID of Keptn context: ${event?.shkeptncontext}\n`,
        stderr: '',
      });
      assert.deepEqual(event?.data.labels, { a: '1', b: '2' });
      assert.deepEqual(event?.data.configurationChange, {
        values: { image: 'ghcr.io/x/web:v1', x: { y: '3' } },
      });
    });

    for (const { evaluation, score, code } of [
      { evaluation: 'pass', score: 100, code: 0 },
      { evaluation: 'warning', score: 80, code: 1 },
      { evaluation: 'fail', score: 33.333, code: 2 },
    ] as const) {
      it(`with --watch ends with ${code} when the gate says ${evaluation}`, async () => {
        playDeliveries(api, { evaluation, score });
        const end = await sandbox.run([...deliver, '--watch']);
        assert.equal(end.code, code, end.stderr);
        assert.match(end.stderr, new RegExp(`hardening: {3}evaluation ${evaluation}, score`));
        assert.match(end.stdout, /^STAGE +SEQUENCE +TASK +RESULT +SCORE +MESSAGE\n/);
        assert.match(end.stdout, new RegExp(`\ndelivery of tour/web: finished, ${evaluation}\n$`));
      });
    }

    it('with --watch -o json prints nothing but the run on stdout', async () => {
      playDeliveries(api, { evaluation: 'pass' });
      const end = await sandbox.run([...deliver, '--watch', '-o', 'json']);
      const run = JSON.parse(end.stdout);
      assert.equal(run.result, 'pass');
      assert.equal(run.sequences.length, 2);
      assert.equal(run.keptnContext, api.events[0]?.shkeptncontext);
    });

    it('with --dry-run sends nothing and shows what would run', async () => {
      const end = await sandbox.run([...deliver, '--dry-run', '-o', 'json']);
      assert.equal(end.code, 0, end.stderr);
      const { event, runs } = JSON.parse(end.stdout);
      assert.equal(event.type, 'sh.keptn.event.hardening.delivery.triggered');
      assert.deepEqual(
        runs.map((run: { stage: string }) => run.stage),
        ['hardening', 'production'],
      );
      assert.equal(api.events.length, 0);
    });

    it('names the unknown service and says how to create it', async () => {
      const end = await sandbox.run(['trigger', 'delivery', '-p', 'tour', '-s', 'api', '--image', 'x:1']);
      assert.deepEqual(end, {
        code: 3,
        stdout: '',
        stderr:
          'slipway: the service api does not exist in project tour\n' +
          '  hint: create it with `slipway create service api --project tour`\n',
      });
    });
  });

  it('wait gives up with 3 after its time', async () => {
    const started = await sandbox.run([...deliver, '-o', 'json']);
    const { keptnContext } = JSON.parse(started.stdout);
    api.states.set(keptnContext, 'started');
    const end = await sandbox.run(['wait', keptnContext, '--timeout', '100ms']);
    assert.equal(end.code, 3);
    assert.equal(end.stdout, '');
    assert.match(end.stderr, /did not end within/);
  });

  it('status shows a run that waits for its approval, and approve lets it go on', async () => {
    playDeliveries(api, { evaluation: 'pass', approval: true });
    const { keptnContext } = JSON.parse((await sandbox.run([...deliver, '-o', 'json'])).stdout);
    const status = await sandbox.run(['status', keptnContext]);
    assert.match(status.stdout, /production +delivery +approval +waitingForApproval/);
    const open = JSON.parse(
      (await sandbox.run(['get', 'events', '--open', '-p', 'tour', '-o', 'json'])).stdout,
    );
    assert.equal(open.length, 1);
    const approve = ['approve', '-p', 'tour', '--stage', 'production', '--by', 'ann', '--reason', 'fine'];
    const end = await sandbox.run(approve);
    assert.deepEqual(end, {
      code: 0,
      stdout: `Approved web in production (context ${keptnContext}).\n`,
      stderr: '',
    });
    const again = await sandbox.run(approve);
    assert.equal(again.code, 3);
    assert.match(again.stderr, /^slipway: nothing waits for an approval in tour\/production\n {2}hint: /);
    assert.equal((await sandbox.run(['wait', keptnContext])).code, 0);
  });

  it('decline makes the run fail', async () => {
    playDeliveries(api, { evaluation: 'pass', approval: true });
    const { keptnContext } = JSON.parse((await sandbox.run([...deliver, '-o', 'json'])).stdout);
    assert.equal((await sandbox.run(['decline', '-p', 'tour', '--stage', 'production'])).code, 0);
    assert.equal((await sandbox.run(['wait', keptnContext, '-o', 'json'])).code, 2);
  });

  it('pause, resume and abort reach the run', async () => {
    api.states.set('ctx', 'started');
    for (const verb of ['pause', 'resume', 'abort']) {
      const end = await sandbox.run([
        verb,
        'sequence',
        '-p',
        'tour',
        '-c',
        'ctx',
        '--by',
        'ann',
        '--reason',
        'x',
      ]);
      assert.equal(end.code, 0, end.stderr);
      assert.deepEqual(api.requests.at(-1)?.body, { state: verb, stage: '', by: 'ann', reason: 'x' });
    }
    const unknown = await sandbox.run(['pause', 'sequence', '-p', 'tour', '-c', 'nope']);
    assert.equal(unknown.code, 3);
    assert.match(unknown.stderr, /no run with the Keptn context nope/);
  });

  it('trigger sequence and trigger evaluation send what was asked for', async () => {
    const scope = ['-p', 'tour', '--stage', 'hardening', '-s', 'web'];
    const sequence = await sandbox.run(['trigger', 'sequence', 'delivery', ...scope, '--data', 'a.b=c,d=e']);
    assert.equal(sequence.code, 0, sequence.stderr);
    assert.deepEqual(api.events[0]?.data, {
      a: { b: 'c' },
      d: 'e',
      project: 'tour',
      stage: 'hardening',
      service: 'web',
    });
    const evaluation = await sandbox.run([
      'trigger',
      'evaluation',
      ...scope,
      '--timeframe',
      '10m',
      '-o',
      'json',
    ]);
    assert.deepEqual(JSON.parse(evaluation.stdout), { keptnContext: '6ef84c8d-2c19-48ee-9d6c-7583ed281841' });
  });

  describe('create', () => {
    it('creates a project from a checked shipyard', async () => {
      file('shipyard.yaml', SHIPYARD);
      const end = await sandbox.run(['create', 'project', 'tour', '--shipyard', 'shipyard.yaml']);
      assert.deepEqual(end, { code: 0, stdout: 'Project tour created.\n', stderr: '' });
      const shipyard = Buffer.from(SHIPYARD).toString('base64');
      assert.deepEqual(api.requests.at(-1)?.body, { name: 'tour', shipyard });
    });

    it('creates nothing from a broken shipyard and says where it is broken', async () => {
      file('shipyard.yaml', SHIPYARD.replace('- name: deployment', 'name: [deployment'));
      const end = await sandbox.run(['create', 'project', 'tour', '--shipyard', 'shipyard.yaml']);
      assert.equal(end.code, 3);
      assert.match(end.stderr, /shipyard\.yaml:\d+:\d+: error: /);
      assert.equal(api.requests.length, 0);
    });

    it('takes the Git token from the environment', async () => {
      file('shipyard.yaml', SHIPYARD);
      sandbox.env.SLIPWAY_GIT_TOKEN = 'git-secret';
      const git = ['--git-remote-url', 'https://git.example/x.git', '--git-user', 'u'];
      await sandbox.run(['create', 'project', 'tour', '--shipyard', 'shipyard.yaml', ...git]);
      const shipyard = Buffer.from(SHIPYARD).toString('base64');
      const https = { token: 'git-secret', insecureSkipTLS: false };
      const gitCredentials = { remoteURL: 'https://git.example/x.git', user: 'u', https };
      assert.deepEqual(api.requests.at(-1)?.body, { name: 'tour', shipyard, gitCredentials });
    });

    it('creates and deletes a service', async () => {
      assert.equal((await sandbox.run(['create', 'service', 'api', '-p', 'tour'])).code, 0);
      assert.deepEqual(api.requests.at(-1)?.body, { serviceName: 'api' });
      assert.equal((await sandbox.run(['delete', 'service', 'api', '-p', 'tour'])).code, 0);
      assert.equal(
        (await sandbox.run(['delete', 'project', 'tour', '-o', 'json'])).stdout,
        '{\n  "project": "tour"\n}\n',
      );
    });
  });

  describe('add-resource', () => {
    it('stores a file in all stages, and get resource prints it', async () => {
      file('slo.yaml', 'objectives: []\n');
      const args = ['add-resource', '-p', 'tour', '--all-stages', '-s', 'web', '-r', './slo.yaml'];
      const end = await sandbox.run(args);
      assert.equal(end.code, 0, end.stderr);
      assert.match(end.stdout, /tour\/hardening\/web\.\n.*tour\/production\/web\.\n$/);
      const read = ['get', 'resource', 'slo.yaml', '-p', 'tour', '--stage', 'production', '-s', 'web'];
      assert.equal((await sandbox.run(read)).stdout, 'objectives: []\n');
    });

    it('stores a directory under the given path', async () => {
      mkdirSync(join(sandbox.directory, 'load', 'deep'), { recursive: true });
      file('load/a.jmx', 'a');
      file('load/deep/b.jmx', 'b');
      const args = ['add-resource', '-p', 'tour', '-r', 'load', '--resourceUri', 'jmeter', '-o', 'json'];
      const stored = JSON.parse((await sandbox.run(args)).stdout);
      assert.deepEqual(stored, [{ resourceUri: 'jmeter/a.jmx' }, { resourceUri: 'jmeter/deep/b.jmx' }]);
    });

    it('refuses a missing file, a service without a stage, and two kinds of stages', async () => {
      file('x', '');
      const refused = async (args: string[], message: RegExp): Promise<void> => {
        const end = await sandbox.run(['add-resource', '-p', 'tour', ...args]);
        assert.deepEqual([end.code, end.stdout], [3, '']);
        assert.match(end.stderr, message);
      };
      await refused(['-r', 'nope'], /cannot read nope: no such file or directory/);
      await refused(['-r', 'x', '-s', 'web'], /--service is given without a stage/);
      await refused(['-r', 'x', '--stage', 'a', '--all-stages'], /given together/);
      assert.equal(api.resources.size, 0);
    });
  });

  it('get lists projects, stages, services, sequences and evaluations', async () => {
    playDeliveries(api, { evaluation: 'fail', score: 33.333 });
    const { keptnContext } = JSON.parse((await sandbox.run([...deliver, '-o', 'json'])).stdout);
    const lines = async (...args: string[]): Promise<string[]> =>
      (await sandbox.run(['get', ...args])).stdout.split('\n');
    assert.deepEqual(await lines('projects'), [
      'PROJECT   STAGES                  CREATED                    SHIPYARD              LINE',
      'tour      hardening, production   2026-11-21T08:36:02.012Z   spec.keptn.sh/0.2.3   -',
      '',
    ]);
    assert.deepEqual((await lines('stages', '-p', 'tour')).slice(0, 2), [
      'STAGE        AFTER   SERVICES',
      'hardening    -       web',
    ]);
    assert.match((await lines('services', 'web')).join('\n'), /web +tour +production/);
    assert.match(
      (await lines('sequences', '-p', 'tour')).join('\n'),
      new RegExp(`${keptnContext} +delivery +web +finished`),
    );
    assert.match(
      (await lines('evaluations', '-p', 'tour', '-o', 'table')).join('\n'),
      /hardening +web +fail +33.33/,
    );
    assert.match((await lines('events', '-c', keptnContext)).join('\n'), /evaluation\.finished +hardening/);
  });

  describe('send event', () => {
    it('sends a file and stdin', async () => {
      const event = {
        type: 'sh.keptn.event.hardening.delivery.triggered',
        data: { project: 'tour' },
        time: 'x',
      };
      file('event.json', JSON.stringify(event));
      const end = await sandbox.run(['send', 'event', '-f', 'event.json']);
      assert.match(end.stdout, /^ID of Keptn context: /);
      assert.equal((await sandbox.run(['send', 'event', '-f', '-'], JSON.stringify(event))).code, 0);
      assert.equal(api.events.length, 2);
    });

    it('refuses what is no event', async () => {
      for (const [text, message] of [
        ['{', /is no JSON/],
        ['{"data":{}}', /is no event: type/],
        ['{"type":"x","data":[]}', /is no event: data/],
      ] as const) {
        const end = await sandbox.run(['send', 'event', '-f', '-'], text);
        assert.equal(end.code, 3);
        assert.match(end.stderr, message);
      }
    });
  });

  it('configure monitoring prints the provider’s answer', async () => {
    api.onEvent = ({ shkeptncontext }) => {
      const type = 'sh.keptn.event.configure-monitoring.finished';
      api.emit({ type, shkeptncontext, data: { message: 'Prometheus is set up', result: 'pass' } });
    };
    const end = await sandbox.run(['configure', 'monitoring', 'prometheus', '-p', 'tour', '-s', 'web']);
    assert.deepEqual(end, { code: 0, stdout: 'Prometheus is set up\n', stderr: '' });
    assert.equal(api.events[0]?.type, 'sh.keptn.event.monitoring.configure');
  });

  it('configure monitoring -o yaml prints the alert rules alone, for a Prometheus elsewhere', async () => {
    const rules = { groups: [{ name: 'web', rules: [{ alert: 'slow', expr: 'x > 1' }] }] };
    api.onEvent = ({ shkeptncontext }) => {
      const type = 'sh.keptn.event.configure-monitoring.finished';
      const data = { message: 'Prometheus is set up', result: 'pass', 'x-alert-rules': rules };
      api.emit({ type, shkeptncontext, data });
    };
    const command = ['configure', 'monitoring', 'prometheus', '-p', 'tour', '-s', 'web', '-o', 'yaml'];
    const end = await sandbox.run(command);
    assert.deepEqual([end.code, end.stderr], [0, 'Prometheus is set up\n']);
    assert.deepEqual(load(end.stdout), rules);
  });

  it('hides the token and keeps stdout empty when it is refused', async () => {
    const end = await sandbox.run(['get', 'projects', '--token', 'wrong-token', '-o', 'json']);
    assert.deepEqual([end.code, end.stdout], [3, '']);
    assert.match(end.stderr, /refused the token/);
    assert.doesNotMatch(end.stderr, /wrong-token/);
  });

  it('does not let text from outside steer the terminal', async () => {
    playDeliveries(api, { evaluation: 'pass' });
    const { keptnContext } = JSON.parse((await sandbox.run([...deliver, '-o', 'json'])).stdout);
    for (const event of api.events) event.data.message = 'a\u001b]0;owned\u0007\nb';
    const end = await sandbox.run(['status', keptnContext]);
    assert.equal(end.stdout.includes('\u001b'), false);
    assert.equal(end.stdout.includes('\u0007'), false);
  });
});
