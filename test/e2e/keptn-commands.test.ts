import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import axios from 'axios';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import { type RunningDev, startDevCommand } from '../support/dev.ts';
import { emptyRepository, type GitHost, pushFile, serveGit } from '../support/git-http.ts';
import { buildGoClient, keptn } from '../support/go-client.ts';
import { KeptnShell } from '../support/keptn-shell.ts';

const MANUAL = 'properties: { pass: manual, warning: manual }';
const SHIPYARD = `apiVersion: "spec.keptn.sh/0.2.3"
kind: "Shipyard"
metadata:
  name: "shipyard-podtato"
spec:
  stages:
    - name: "hardening"
      sequences:
        - name: "delivery"
          tasks:
            - name: "evaluation"
              properties: { timeframe: "1m" }
            - name: "approval"
              ${MANUAL}
        - name: "hello"
          tasks: [{ name: "greeting" }]
    - name: "canary"
      sequences:
        - name: "delivery"
          triggeredOn: [{ event: "hardening.delivery.finished" }]
          tasks: [{ name: "approval", ${MANUAL} }]
        - name: "remediation"
          tasks: [{ name: "get-action" }]
`;
const FILES = {
  'shipyard.yaml': SHIPYARD,
  'slo.yaml':
    'spec_version: "1.0"\nobjectives:\n  - sli: response_time\n    pass: [{ criteria: ["<0.5"] }]\ntotal_score: { pass: "90%", warning: "75%" }\n',
  'prometheus/sli.yaml': 'spec_version: "1.0"\nindicators:\n  response_time: "vector(0.2)"\n',
  'locust/basic.py': 'print("hello")\n',
  'empty.txt': '',
  'webhook.yaml': 'apiVersion: webhookconfig.keptn.sh/v1beta1\n',
  'problem.json': JSON.stringify({
    type: 'sh.keptn.event.canary.remediation.triggered',
    specversion: '1.0',
    source: 'https://github.com/keptn/keptn/prometheus-service',
    shkeptncontext: 'my-own-context',
    contenttype: 'application/json',
    data: { project: 'tour', stage: 'canary', service: 'svc', problem: { State: 'OPEN' } },
  }),
  'rejected.json': JSON.stringify({
    type: 'sh.keptn.event.greeting.triggered',
    source: 'manual',
    data: { project: 'tour', stage: 'hardening', service: 'svc' },
  }),
};

// Each command makes the requests that keptn-recorded.test.ts compares with those of the real program.
describe('the commands of Keptn 1.4.5’s command line, against a slipway dev', function () {
  this.timeout(300_000);
  const directory = mkdtempSync(join(tmpdir(), 'slipway-keptn-'));
  let program = '';
  let dev: RunningDev;
  let gitHost: GitHost;
  let shell: KeptnShell;

  before(async function () {
    const built = buildGoClient(directory);
    if (built === undefined) return this.skip();
    program = built;
    for (const [name, content] of Object.entries(FILES)) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), content);
    }
    gitHost = await serveGit(directory, { user: 'ada', token: 'secret' });
    dev = await startDevCommand();
    const { endpoint, token } = dev.addresses;
    shell = new KeptnShell({ program, endpoint, token, cwd: directory });
  });
  after(async () => {
    await gitHost?.stop();
    if (dev !== undefined) assert.equal(await dev.stop(), 0);
    rmSync(directory, { recursive: true, force: true });
  });

  it('auth: takes the address with and without its path, and explains a wrong token after three tries', async () => {
    const { endpoint, token } = dev.addresses;
    for (const address of [
      endpoint,
      `${endpoint}/`,
      new URL(endpoint).origin,
      `${new URL(endpoint).origin}/`,
    ]) {
      assert.deepEqual(await keptn(program, { endpoint: address, token, words: ['auth'] }), {
        exit: 0,
        shown: [],
        error: '',
      });
    }
    const wrong = await keptn(program, { endpoint, token: 'wrong', words: ['--pace=0.3', 'auth'] });
    assert.deepEqual([wrong.exit, wrong.error], [1, 'incorrect api key auth']);
    await shell.shows('status', []);
    await shell.shows('version', ['1.4.5']);
  });

  it('create project, create service: once, listed with dates, and refused the second time', async () => {
    await shell.shows('get projects', []);
    await shell.shows('create project tour --shipyard=./shipyard.yaml', []);
    await shell.fails(
      'create project tour --shipyard=./shipyard.yaml',
      "could not create project 'tour': project already exists",
    );
    await shell.fails(
      'create project broken --shipyard=./slo.yaml',
      /^Could not validate payload: .*shipyard/,
    );
    await shell.shows('get stages --project=tour', ['canary', 'hardening']);
    await shell.shows('get stage canary --project=tour', ['canary']);
    await shell.fails('get stages --project=nope', 'project not found');
    await shell.shows('get services --project=tour', []);
    await shell.shows('create service svc --project=tour', []);
    await shell.fails('create service svc --project=tour', 'service already exists');
    await shell.fails(
      'create service svc --project=nope',
      'could not get stages of project nope: project not found',
    );
    const [row] = (await shell.done('get project tour')) as string[][];
    assert.deepEqual([row?.[0], row?.[2]], ['tour', 'spec.keptn.sh/0.2.0']);
    assert.match(row?.[1] ?? '', /^20\d\d-/);
    const [project] = (await shell.done('get project tour -o json')) as { stages: { stageName: string }[] }[];
    assert.deepEqual(
      project?.stages.map(({ stageName }) => stageName),
      ['hardening', 'canary'],
    );
    const services = (await shell.done('get service svc --project=tour')) as string[][];
    assert.deepEqual(
      services.map(([name, of, stage]) => [name, of, stage]),
      [
        ['svc', 'tour', 'hardening'],
        ['svc', 'tour', 'canary'],
      ],
    );
  });

  it('add-resource: to a project, a stage, a service and all stages; a path as it was typed', async () => {
    await shell.shows('add-resource --project=tour --resource=./locust/basic.py', ['']);
    await shell.shows('add-resource --project=tour --service=svc --all-stages --resource=./locust/basic.py', [
      'canary',
      'hardening',
    ]);
    const place = '--project=tour --stage=hardening --service=svc';
    for (const file of ['slo.yaml', 'empty.txt']) {
      await shell.shows(`add-resource ${place} --resource=${file}`, ['hardening']);
    }
    await shell.shows(`add-resource ${place} --resource=prometheus/sli.yaml`, ['hardening']);
    await shell.fails(`add-resource --project=tour --stage=nope --resource=slo.yaml`, 'Stage not found');
    await shell.fails(`add-resource --project=nope --all-stages --resource=slo.yaml`, 'project not found');
    await shell.fails(
      `add-resource --project=tour --stage=canary --service=nope --resource=slo.yaml`,
      'Service not found',
    );
    await shell.fails(`add-resource ${place} --resource=slo.yaml --resourceUri=../x`, /refused/);
    const { data } = await axios.get<{ resources: { resourceURI: string }[] }>(
      `${dev.addresses.endpoint}/resource-service/v1/project/tour/stage/hardening/service/svc/resource`,
      { headers: { 'x-token': dev.addresses.token }, timeout: 10_000 },
    );
    assert.deepEqual(
      data.resources.map(({ resourceURI }) => resourceURI),
      ['empty.txt', 'locust/basic.py', 'metadata.yaml', 'prometheus/sli.yaml', 'slo.yaml'],
    );
  });

  it('migrate-webhooks: reads webhook.yaml by a path that begins with a slash, where it is there', async () => {
    await shell.shows('migrate-webhooks --project=tour', []);
    await shell.done(
      'add-resource --project=tour --stage=canary --resource=webhook.yaml --resourceUri=/webhook/webhook.yaml',
    );
    await shell.shows('migrate-webhooks --project=tour', [FILES['webhook.yaml']]);
  });

  it('create, update, get and delete secret', async () => {
    await shell.shows('create secret s --from-literal=user=joe --from-literal=pw=a=b', []);
    await shell.fails(
      'create secret s --from-literal=user=joe',
      'Unable to create secret: secret already exists',
    );
    await shell.fails(
      'create secret t --from-literal=k=v --scope=nope',
      'Unable to create secret: scope not found',
    );
    await shell.shows('update secret s --from-literal=user=jack', []);
    await shell.shows('create secret empty', []);
    await shell.shows('get secrets', ['empty', 's']);
    await shell.shows('delete secret empty', []);
    await shell.fails('delete secret empty', 'Unable to delete secret: secret not found');
  });

  it('trigger delivery, get event, send event approval.finished: a build goes through both stages', async () => {
    const image = '--image=ghcr.io/podtato-head/podtatoserver:v0.1.1';
    const [context] = await shell.done(
      `trigger delivery --project=tour --service=svc ${image} --labels=version=v0.1.1,team=a --values=replicas=2,a.b=c`,
    );
    await shell.fails(`trigger delivery --project=tour --service=nope ${image}`, 'no such service: nope');
    await shell.fails(`trigger delivery --project=nope --service=svc ${image}`, 'Project not found: nope');
    await shell.fails(
      `trigger delivery --project=tour --service=svc --stage=nope ${image}`,
      'stage not found',
    );
    const waiting = '--project=tour --stage=hardening --service=svc';
    await shell.shows('get event approval.triggered --project=tour --stage=canary', []);
    const [approval] = await shell.awaited(`get event approval.triggered ${waiting}`);
    assert.deepEqual(approval?.data.labels, { version: 'v0.1.1', team: 'a' });
    const [evaluation] = (await shell.done(
      `get event evaluation.finished --keptn-context=${context}`,
    )) as KeptnEvent[];
    assert.equal((evaluation?.data.evaluation as { score: number } | undefined)?.score, 100);
    // A wrong option is asked for again; the table has the image and the score of the run's evaluation.
    assert.deepEqual(await shell.done(`send event approval.finished ${waiting}`, ['9', '1', 'y', 'a']), [
      [1, 'ghcr.io/podtato-head/podtatoserver:v0.1.1', '100.000000'],
    ]);
    const [next] = await shell.awaited('get event approval.triggered --project=tour --stage=canary');
    await shell.done(`send event approval.finished --project=tour --stage=canary --id=${next?.id}`);
    const [end] = await shell.awaited(
      `get event sh.keptn.event.canary.delivery.finished --project=tour --keptn-context=${context}`,
    );
    assert.deepEqual([end?.data.result, end?.data.status], ['pass', 'succeeded']);
    await shell.shows('get event approval.triggered --project=tour --stage=canary', []);
    const [service] = (await shell.done('get service svc --project=tour -o json')) as {
      lastEventTypes: { [type: string]: { keptnContext: string } };
    }[];
    assert.ok(Object.values(service?.lastEventTypes ?? {}).some((one) => one.keptnContext === context));
  });

  it('send event approval.finished: a declined build stays in its stage', async () => {
    const [context] = await shell.done('trigger delivery --project=tour --service=svc --image=ghcr.io/x/y:2');
    const waiting = '--project=tour --stage=hardening --service=svc';
    await shell.awaited(`get event approval.triggered ${waiting}`);
    await shell.done(`send event approval.finished ${waiting}`, ['1', 'd']);
    const [end] = await shell.awaited(
      `get event sh.keptn.event.hardening.delivery.finished --project=tour --keptn-context=${context}`,
    );
    assert.equal(end?.data.result, 'fail');
    await shell.shows('get event approval.triggered --project=tour --stage=canary', []);
    await shell.shows(`send event approval.finished ${waiting}`, []);
    const nobody = '00000000-0000-4000-8000-000000000000';
    await shell.shows(`send event approval.finished --project=tour --stage=canary --id=${nobody}`, []);
  });

  it('trigger evaluation: watched until its end, each event once and in order', async () => {
    const place = '--project=tour --stage=hardening --service=svc';
    const [context, ...seen] = (await shell.done(
      `trigger evaluation ${place} --start=2024-01-01T10:00:00 --end=2024-01-01T10:05:00 --labels=buildId=1 --watch --watch-time=40`,
    )) as [string, ...KeptnEvent[]];
    assert.equal(new Set(seen.map(({ id }) => id)).size, seen.length);
    assert.equal(seen.at(0)?.type, 'sh.keptn.event.hardening.evaluation.triggered');
    assert.equal(seen.at(-1)?.type, 'sh.keptn.event.hardening.evaluation.finished');
    const [evaluation] = (await shell.done(
      `get event evaluation.finished --keptn-context=${context}`,
    )) as KeptnEvent[];
    const window = evaluation?.data.evaluation as { timeStart: string; timeEnd: string } | undefined;
    assert.equal(window?.timeStart, '2024-01-01T10:00:00.000Z');
    assert.equal(window?.timeEnd, '2024-01-01T10:05:00.000Z');
    assert.deepEqual(evaluation?.data.labels, { buildId: '1' });
    await shell.done(`trigger evaluation ${place} --timeframe=5m`);
    await shell.fails(
      'trigger evaluation --project=tour --stage=hardening --service=nope --timeframe=5m',
      'service not found',
    );
  });

  it('create service, trigger sequence: also for a name that is no DNS label', async () => {
    const place = '--project=tour --stage=hardening --service=My_svc.2';
    await shell.shows('create service My_svc.2 --project=tour', []);
    await shell.shows(`add-resource ${place} --resource=slo.yaml`, ['hardening']);
    await shell.shows(`trigger sequence hello ${place}`, []);
    const named = 'get event sh.keptn.event.greeting.triggered --project=tour --service=My_svc.2';
    const [greeting] = await shell.awaited(named);
    await shell.shows(`abort sequence --project=tour --keptn-context=${greeting?.shkeptncontext}`, []);
    await shell.awaited(
      'get event sh.keptn.event.hardening.hello.finished --project=tour --service=My_svc.2',
    );
    await shell.shows('delete service My_svc.2 --project=tour', ['']);
  });

  it('trigger sequence, pause, resume and abort sequence', async () => {
    await shell.shows(
      'trigger sequence hello --project=tour --service=svc --stage=hardening --labels=a=b --data greeting.text=hi,flag=true',
      [],
    );
    const [greeting] = await shell.awaited(
      'get event sh.keptn.event.greeting.triggered --project=tour --service=svc',
    );
    assert.deepEqual(
      [greeting?.data.flag, greeting?.data.greeting, greeting?.data.labels],
      ['true', { text: 'hi' }, { a: 'b' }],
    );
    const control = `--project=tour --keptn-context=${greeting?.shkeptncontext}`;
    await shell.shows(`pause sequence ${control}`, []);
    await shell.shows(`resume sequence ${control} --stage=hardening`, []);
    await shell.shows(`abort sequence ${control}`, []);
    const [end] = await shell.awaited(
      `get event sh.keptn.event.hardening.hello.finished --project=tour --keptn-context=${greeting?.shkeptncontext}`,
    );
    assert.equal(end?.data.status, 'aborted');
    await shell.shows('abort sequence --project=tour --keptn-context=nope', []);
  });

  it('send event: keeps a context that is no UUID recognizable, and says what is wrong with an event', async () => {
    await shell.shows('send event -f problem.json', ['6d792d6f-776e-4d63-af6e-746578742020']);
    await shell.fails('send event -f rejected.json', 'unknown event type action: triggered');
    await shell.awaited('get event sh.keptn.event.get-action.triggered --project=tour');
  });

  it('get event: several, none, by pages', async () => {
    const all = (await shell.done(
      'get event sh.keptn.event.approval.finished --project=tour',
    )) as KeptnEvent[];
    assert.equal(all.length, 3);
    assert.deepEqual(
      all.map(({ time }) => time),
      all
        .map(({ time }) => time)
        .sort()
        .reverse(),
    );
    await shell.shows('get event sh.keptn.event.approval.finished --project=tour --service=nope', []);
    const page = (await shell.done(
      'get event sh.keptn.event.approval.finished --project=tour --num-of-pages=1',
    )) as KeptnEvent[];
    assert.equal(page.length, 3);
  });

  it('configure monitoring: answered at once, also where nothing is configured', async () => {
    const [message] = (await shell.done(
      'configure monitoring prometheus --project=tour --service=svc',
    )) as string[];
    assert.match(message ?? '', /^Monitoring successfully configured/);
    const [refused] = (await shell.done('configure monitoring nope --project=tour')) as string[];
    assert.match(refused ?? '', /"nope" is no monitoring tool/);
    await shell.fails(
      'configure monitoring prometheus --project=nope --service=svc',
      'project not found: nope',
    );
  });

  it('update project: moves the files to an upstream, and changes nothing when that refuses the token', async () => {
    emptyRepository(directory, 'tour');
    const upstream = `--git-user=ada --git-remote-url=${gitHost.url}/tour.git`;
    await shell.fails(`update project tour ${upstream} --git-token=wrong`, /refused or did not answer/);
    await shell.shows(`update project tour ${upstream} --git-token=secret`, []);
    await shell.shows('update project tour', []);
    await shell.fails(`update project nope ${upstream} --git-token=secret`, 'project not found');
    const [project] = (await shell.done('get project tour -o json')) as {
      gitCredentials?: { remoteURL: string };
    }[];
    assert.equal(project?.gitCredentials?.remoteURL, `${gitHost.url}/tour.git`);
    assert.doesNotMatch(JSON.stringify(project), /secret/);
    await shell.shows('add-resource --project=tour --stage=canary --resource=slo.yaml', ['canary']);
  });

  it('trigger sequence: at once with the shipyard that somebody has pushed to the upstream', async () => {
    const place = '--project=tour --stage=hardening --service=svc';
    for (const task of ['hail', 'wave']) {
      const content = SHIPYARD.replace('greeting', task);
      pushFile(join(directory, 'tour.git'), { branch: 'main', path: 'shipyard.yaml', content });
      await shell.shows(`trigger sequence hello ${place}`, []);
      const [open] = await shell.awaited(`get event sh.keptn.event.${task}.triggered --project=tour`);
      await shell.shows(`abort sequence --project=tour --keptn-context=${open?.shkeptncontext}`, []);
    }
  });

  it('delete service, delete project: gone, and no error when they are gone already', async () => {
    for (const name of ['svc', 'svc', 'nope'])
      await shell.shows(`delete service ${name} --project=tour`, ['']);
    await shell.fails(
      'delete service svc --project=nope',
      'could not retrieve stages of project nope: project not found',
    );
    await shell.shows('get services --project=tour', []);
    for (const expected of [/namespace tour-hardening/, /cannot be retrieved/]) {
      const [message] = (await shell.done('delete project tour')) as string[];
      assert.match(message ?? '', expected);
    }
    await shell.shows('get projects', []);
  });
});
