import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
            - name: smoke
            - name: evaluation
`;
const SLO = `spec_version: "1.0"
objectives:
  - sli: response_time_p95
    pass: [{criteria: ["<=200"]}]
  - sli: heap_used
    pass: [{criteria: ["<=100"]}]
total_score: {pass: "90%", warning: "75%"}
`;
const SLI = 'spec_version: "1.0"\nindicators:\n  response_time_p95: up\n';
const JOB = `apiVersion: v2
actions:
  - name: smoke
    events:
      - name: sh.keptn.event.smoke.triggered
    tasks:
      - name: smoke
        image: alpine
        cmd: ["true"]
`;

describe('slipway validate', () => {
  let sandbox: CliSandbox;

  beforeEach(() => {
    sandbox = new CliSandbox();
  });
  afterEach(() => sandbox.remove());

  const file = (name: string, content: string): void => {
    const path = join(sandbox.directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  };

  it('passes a project whose files fit together', async () => {
    file('p/shipyard.yaml', SHIPYARD);
    file('p/slo.yaml', SLO.replace('heap_used', 'throughput'));
    file('p/prometheus/sli.yaml', SLI);
    file('p/job/config.yaml', JOB);
    const end = await sandbox.run(['validate', '--strict', 'p']);
    assert.deepEqual(end, { code: 0, stdout: '4 files: 0 errors, 0 warnings\n', stderr: '' });
  });

  it('reports errors with file, line and column, and ends with 2', async () => {
    file('p/shipyard.yaml', SHIPYARD.replace('- name: smoke', '- nam: smoke'));
    file('p/slo.yaml', SLO.replace('objectives:', 'objectives: ['));
    const end = await sandbox.run(['validate', 'p']);
    assert.equal(end.code, 2);
    assert.match(end.stdout, /^p\/shipyard\.yaml:12:\d+: error: /m);
    assert.match(end.stdout, /^p\/slo\.yaml:\d+:\d+: error: /m);
    assert.match(end.stdout, /^2 files: \d+ errors?, \d+ warnings?$/m);
  });

  it('finds what the files lack together: queries, executors, slo.yaml', async () => {
    file('p/shipyard.yaml', SHIPYARD);
    file('q/slo.yaml', SLO);
    file('q/prometheus/sli.yaml', SLI);
    const { stdout, code } = await sandbox.run(['validate', 'p', 'q']);
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^p\/shipyard\.yaml:12:15: warning: .*task smoke of dev\.delivery is answered by nothing/m,
    );
    assert.match(
      stdout,
      /^q\/slo\.yaml:5:10: warning: objectives\[1\]\.sli: no sli\.yaml here has a query for "heap_used"/m,
    );
    const alone = await sandbox.run(['validate', '--strict', 'p']);
    assert.equal(alone.code, 1);
    assert.match(alone.stdout, /there is no slo\.yaml/);
  });

  it('asks nothing of a project of which it is given one file', async () => {
    file('p/shipyard.yaml', SHIPYARD);
    const end = await sandbox.run(['validate', '--strict', 'p/shipyard.yaml']);
    assert.deepEqual(end, { code: 0, stdout: '1 file: 0 errors, 0 warnings\n', stderr: '' });
  });

  it('takes a webhook for every event of a task as its executor', async () => {
    file('p/shipyard.yaml', SHIPYARD.replace('evaluation', 'deployment'));
    const webhook = (type: string) =>
      `apiVersion: webhookconfig.keptn.sh/v1beta1\nkind: WebhookConfig\nspec:\n  webhooks:\n    - type: ${type}\n      requests: [{url: http://a.example, method: GET}]\n`;
    file('p/webhook/webhook.yaml', webhook('sh.keptn.event.smoke.>'));
    const answered = await sandbox.run(['validate', 'p']);
    assert.doesNotMatch(answered.stdout, /task smoke/);
    file('p/webhook/webhook.yaml', webhook('sh.keptn.event.smoke.finished'));
    assert.match(
      (await sandbox.run(['validate', 'p'])).stdout,
      /task smoke of dev\.delivery is answered by nothing/,
    );
  });

  it('names deployments of Slipway itself without a strategy that it knows', async () => {
    const deployment = '- name: deployment\n              properties: {deploymentstrategy: blue_green}';
    const other = 'deployment\n              properties: {strategy: direct}';
    file('p/shipyard.yaml', SHIPYARD.replace('- name: smoke', deployment).replace('evaluation', other));
    const { stdout } = await sandbox.run(['validate', 'p']);
    assert.match(stdout, /^p\/shipyard\.yaml:13:\d+: warning: .*"blue_green" is no deployment strategy/m);
    assert.match(stdout, /warning: .*the deployment of dev\.delivery names no deploymentstrategy/);
    file('p/job/config.yaml', JOB.replaceAll('smoke', 'deployment'));
    assert.doesNotMatch((await sandbox.run(['validate', 'p'])).stdout, /strategy/);
  });

  it('asks for the executor of an action, and for remediation.yaml', async () => {
    file('p/shipyard.yaml', SHIPYARD.replace('smoke', 'get-action').replace('evaluation', 'action'));
    const without = await sandbox.run(['validate', 'p']);
    assert.match(without.stdout, /a task get-action, and there is no remediation\.yaml/);
    file(
      'p/remediation.yaml',
      'apiVersion: spec.keptn.sh/0.1.4\nkind: Remediation\nmetadata: {name: r}\nspec:\n  remediations:\n    - problemType: p\n      actionsOnOpen:\n        - {name: a, action: scaling, value: "1"}\n        - {name: b, action: toggle}\n',
    );
    const { stdout } = await sandbox.run(['validate', 'p']);
    assert.match(stdout, /^p\/remediation\.yaml:9:\d+: warning: .*action toggle is answered by nothing/m);
    assert.doesNotMatch(stdout, /action scaling/);
    const job = (condition: string) =>
      JOB.replace('sh.keptn.event.smoke.triggered', `sh.keptn.event.action.triggered${condition}`);
    const named = (action: string) =>
      job(`\n        jsonpath: {property: $.data.action.action, match: ${action}}`);
    file('p/job/config.yaml', named('toggles'));
    assert.match((await sandbox.run(['validate', 'p'])).stdout, /action toggle is answered by nothing/);
    for (const answering of [named('toggle'), job('')]) {
      file('p/job/config.yaml', answering);
      assert.doesNotMatch((await sandbox.run(['validate', 'p'])).stdout, /action toggle/);
    }
  });

  it('reads load configurations, and names a test strategy that has no workload', async () => {
    const test = '- name: test\n              properties: {teststrategy: soak}';
    file('p/shipyard.yaml', SHIPYARD.replace('- name: smoke', test));
    file(
      'p/jmeter/jmeter.conf.yaml',
      'spec_version: "0.1.0"\nworkloads:\n  - teststrategy: performance\n    vuser: 5\n',
    );
    const { stdout } = await sandbox.run(['validate', 'p']);
    assert.match(
      stdout,
      /^p\/shipyard\.yaml:13:\d+: warning: .*no workload for the test strategy "soak" \(the test fails/m,
    );
    file(
      'p/locust/locust.conf.yaml',
      'spec_version: "0.1.0"\nworkloads:\n  - teststrategy: soak\n    script: /l.py\n',
    );
    const both = await sandbox.run(['validate', 'p', '-o', 'json']);
    const formats = JSON.parse(both.stdout).files.map(({ format }: { format: string }) => format);
    assert.deepEqual(formats, ['jmeter', 'locust', 'shipyard']);
    assert.doesNotMatch(both.stdout, /no workload/);
  });

  it('recognizes a named file by its content, and says so when it cannot', async () => {
    file('anything.yaml', SLI);
    file('other.yaml', 'a: 1\n');
    const end = await sandbox.run(['validate', 'anything.yaml', 'other.yaml', '-o', 'json']);
    const { files, problems } = JSON.parse(end.stdout);
    assert.deepEqual(files, [{ file: 'anything.yaml', format: 'sli', usable: true }]);
    assert.equal(problems[0].file, 'other.yaml');
    assert.equal(end.code, 2);
  });

  it('finds services of projects without branches, and knows objects of other systems by what they say', async () => {
    file('p/.keptn-stages/dev/carts/slo.yaml', SLO);
    file('p/.hidden/slo.yaml', SLO);
    file('p/k8s/endpoints.yaml', 'apiVersion: v1\nkind: Endpoints\nsubsets: []\n');
    file('p/k8s/slo.yaml', 'apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nspec: {}\n');
    const found = await sandbox.run(['validate', 'p', '-o', 'json']);
    const { files } = JSON.parse(found.stdout);
    assert.deepEqual(
      files.map((checked: { file: string }) => checked.file),
      ['p/.keptn-stages/dev/carts/slo.yaml'],
    );
    const named = await sandbox.run(['validate', 'p/k8s/slo.yaml']);
    assert.match(named.stdout, /neither the path nor the content belongs to a format/);
  });

  it('knows a file that is not valid YAML by the lines at its margin, and says that it is not', async () => {
    const broken = 'spec:\n  remediations:\n\t- problemType: x\n';
    file('p/heal.yaml', `apiVersion: spec.keptn.sh/0.1.4\nkind: "Remediation" # ours\n${broken}`);
    file(
      'p/k8s/endpoints.yaml',
      'apiVersion: v1\nkind: Endpoints\nmetadata:\n  name: {{ .Release.Name }}-x\n',
    );
    const found = await sandbox.run(['validate', 'p']);
    assert.match(found.stdout, /^p\/heal\.yaml:5:1: error: not valid YAML: tab .*\n1 file: 1 error/);
    file('p/gate.yaml', 'objectives: [\n');
    const named = await sandbox.run(['validate', 'p/gate.yaml']);
    assert.match(named.stdout, /^p\/gate\.yaml:\d+:\d+: error: not valid YAML/);
    assert.equal(named.code, 2);
  });

  it('takes no file of a directory for ours only because its name is like one of ours', async () => {
    for (const name of [
      'slides.yaml',
      'slow-tests.yml',
      'process.yaml',
      'api-endpoints.yaml',
      'webhook.yaml',
    ])
      file(`p/${name}`, 'steps: [a]\n');
    const ours = {
      'slo-strict.yaml': SLO,
      'slos.yaml': SLO,
      'carts-endpoints.yaml': 'deploymentURIsPublic: [http://a.example]\n',
      'own/process.yaml': 'command: [x]\nreadiness: {path: /}\n',
    };
    for (const [name, text] of Object.entries(ours)) file(`p/${name}`, text);
    const end = await sandbox.run(['validate', 'p', '-o', 'json']);
    const { files } = JSON.parse(end.stdout);
    assert.deepEqual(
      files.map((checked: { file: string }) => checked.file).sort(),
      Object.keys(ours)
        .map((name) => `p/${name}`)
        .sort(),
    );
    const named = await sandbox.run(['validate', 'p/process.yaml']);
    assert.match(named.stdout, /unknown key "steps"/);
  });

  it('leaves charts and foreign YAML in a directory alone', async () => {
    file('p/helm/web/Chart.yaml', 'name: web\n');
    file('p/helm/web/templates/slo.yaml', '{{ broken\n');
    file('p/other.yaml', 'a: 1\n');
    const end = await sandbox.run(['validate', 'p', '-o', 'json']);
    assert.deepEqual(JSON.parse(end.stdout), { files: [], problems: [], skipped: ['p/other.yaml'] });
    assert.equal(end.code, 0);
  });

  it('refuses bad YAML without taking long: alias bombs, deep nesting, binary', async () => {
    const level = (n: number): string =>
      `l${n}: &l${n} [${Array(10)
        .fill(`*l${n - 1}`)
        .join(',')}]\n`;
    file('bomb/slo.yaml', `l0: &l0 [x]\n${[1, 2, 3, 4, 5, 6, 7, 8, 9].map(level).join('')}objectives: *l9\n`);
    file('deep/slo.yaml', `objectives: ${'['.repeat(5000)}`);
    file('binary/slo.yaml', '\u0000\u0001\u0002');
    const since = Date.now();
    const end = await sandbox.run(['validate', 'bomb', 'deep', 'binary']);
    assert.equal(end.code, 2);
    for (const name of ['bomb', 'deep', 'binary'])
      assert.match(end.stdout, new RegExp(`^${name}/slo.yaml:.*error`, 'm'));
    assert.ok(Date.now() - since < 10_000);
  });

  it('ends with 3 when a path cannot be read', async () => {
    const end = await sandbox.run(['validate', 'nope']);
    assert.deepEqual([end.code, end.stdout], [3, '']);
    assert.match(end.stderr, /cannot read nope: no such file or directory/);
  });
});
