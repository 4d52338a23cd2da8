import assert from 'node:assert/strict';
import { LoadRetryableError, LoadTerminalError } from '../../../src/activities/load/errors.ts';
import type { JsonObject } from '../../../src/contracts/json.ts';
import { FakeLoadTool } from '../../fakes/fake-load-tool.ts';
import { FakeRunner } from '../../fakes/fake-runner.ts';
import { ActivityWorld, inContext, SCOPE } from '../../support/activity-world.ts';

const DEPLOYED = {
  deploymentURIsLocal: ['http://carts.local:8080'],
  deploymentURIsPublic: ['http://carts.public'],
};

describe('the built-in tasks', function () {
  this.timeout(60_000);
  let world: ActivityWorld;
  before(async () => {
    world = await ActivityWorld.open();
  });
  after(() => world.close());

  describe('test', () => {
    const runTest = async (
      teststrategy: string,
      loadTool = new FakeLoadTool(),
      deployment: JsonObject = DEPLOYED,
    ) => {
      const triggered = await world.event('test', { test: { teststrategy }, deployment });
      return { loadTool, finished: await inContext(world.activities({ loadTool }).runTest, { triggered }) };
    };

    it('checks health first, then runs the strategy, and covers both with its window', async () => {
      const { loadTool, finished } = await runTest('Performance');
      assert.deepEqual(
        loadTool.requests.map(({ strategy, target }) => [strategy, target]),
        [
          ['healthcheck', 'http://carts.local:8080/'],
          ['performance', 'http://carts.local:8080/'],
        ],
      );
      assert.deepEqual(finished.data, {
        test: { start: '2026-01-01T00:00:00.000Z', end: '2026-01-01T00:00:03.000Z' },
      });
      assert.match(finished.message, /^Tests for performance with status = true\. Project: sockshop/);
    });

    it('takes the public address when there is no local one', async () => {
      const { loadTool } = await runTest('functional', new FakeLoadTool(), {
        deploymentURIsPublic: ['http://carts.public'],
      });
      assert.equal(loadTool.requests[0]?.target, 'http://carts.public/');
    });

    it('stops after a failed health check, and fails when the workload fails', async () => {
      const sick = await runTest('performance', new FakeLoadTool({ healthcheck: { result: 'fail' } }));
      assert.equal(sick.finished.result, 'fail');
      assert.equal(sick.finished.status, 'succeeded');
      assert.equal(sick.loadTool.requests.length, 1);
      const slow = await runTest(
        'performance',
        new FakeLoadTool({ performance: { result: 'fail', message: 'too slow' } }),
      );
      assert.match(slow.finished.message, /status = false.*too slow/);
    });

    it('runs nothing for real users, and only the health check without a strategy', async () => {
      const real = await runTest('real-user');
      assert.equal(real.finished.result, 'pass');
      assert.deepEqual(real.loadTool.requests, []);
      const none = await runTest('');
      assert.equal(none.finished.result, 'pass');
      assert.equal(none.loadTool.requests.length, 1);
    });

    it('is errored without an address and for a strategy that cannot run, and retries the rest', async () => {
      const nowhere = await runTest('performance', new FakeLoadTool(), {});
      assert.equal(nowhere.finished.status, 'errored');
      assert.match(nowhere.finished.message, /nothing to test/);
      const unknown = await runTest(
        'odd',
        new FakeLoadTool({ odd: new LoadTerminalError('no workload odd') }),
      );
      assert.deepEqual([unknown.finished.status, unknown.finished.result], ['errored', 'fail']);
      await assert.rejects(
        runTest('x', new FakeLoadTool({ x: new LoadRetryableError('broke off') })),
        /broke off/,
      );
    });
  });

  describe('get-action', () => {
    const REMEDIATION = `
apiVersion: spec.keptn.sh/0.1.4
kind: Remediation
metadata: { name: carts }
spec:
  remediations:
    - problemType: response_time_p90
      actionsOnOpen:
        - { action: scaling, name: up, description: more, value: "1" }
        - { action: toggle-feature, name: off, value: { Promotion: off } }
`;
    const ask = async (data: JsonObject) => {
      const triggered = await world.event('get-action', { ...data });
      return inContext(world.activities().getAction, { triggered });
    };

    it('is errored without a usable file', async () => {
      const missing = await ask({});
      assert.equal(missing.status, 'errored');
      assert.match(
        missing.message,
        /^Could not get remediation\.yaml file for services carts in stage dev\./,
      );
      await world.write('remediation.yaml', REMEDIATION.replace('0.1.4', '0.1.3'));
      const old = await ask({});
      assert.equal(old.status, 'errored');
      assert.match(old.message, /Could not parse remediation\.yaml.*remediation\.yaml:2:13.*0\.1\.4/);
    });

    it('escalates through the actions and fails when they run out', async () => {
      await world.write('remediation.yaml', REMEDIATION);
      const problem = { ProblemTitle: 'response_time_p90' };
      const first = await ask({ problem });
      assert.deepEqual(first.data, {
        action: { name: 'up', action: 'scaling', description: 'more', value: '1' },
        'get-action': { actionIndex: 1 },
      });
      const second = await ask({ problem, 'get-action': { actionIndex: 1 } });
      assert.deepEqual(second.data.action, {
        name: 'off',
        action: 'toggle-feature',
        value: { Promotion: 'off' },
      });
      const third = await ask({ problem, 'get-action': { actionIndex: 2 } });
      assert.deepEqual([third.status, third.result], ['succeeded', 'fail']);
      assert.match(third.message, /there is no action with index 2/);
    });
  });

  describe('jobs', () => {
    const CONFIG = `
apiVersion: v2
actions:
  - name: quiet
    silent: true
    events: [{ name: sh.keptn.event.test.triggered }]
    tasks: [{ name: note, image: quiet }]
  - name: load
    events:
      - name: sh.keptn.event.*.triggered
        jsonpath: { property: $.data.test.teststrategy, match: locust }
    tasks:
      - name: run
        image: locustio/locust:2
        cmd: [locust]
        args: [-f, /keptn/locust, "$(HOST)", "$$(HOST)", "$(NOPE)"]
        files: [/locust]
        maxPollDuration: 20
        imagePullPolicy: Always
        ttlSecondsAfterFinished: 120
        resources: { limits: { cpu: 2 } }
        securityContext: { runAsUser: 7000, capabilities: { drop: [ALL] } }
        annotations: { vault/inject: true }
        env:
          - { name: HOST, value: '$.data.deployment.deploymentURIsLocal[0]', valueFrom: event }
          - { name: ALL, value: $.data.test, valueFrom: event, as: json }
          - { name: YAML, value: $.data.test, valueFrom: event, as: yaml }
          - { name: KEPTN_STAGE, value: own, valueFrom: string }
          - { name: locust-secret, valueFrom: secret }
          - { name: held-by-the-cluster, valueFrom: secret }
          - { name: FIXED, value: x, valueFrom: string }
      - { name: then, image: second }
  - name: later
    events: [{ name: test }]
    tasks: [{ name: never, image: never }]
`;
    before(async () => {
      await world.write('job/config.yaml', CONFIG, 'stage');
      await world.write('locust/basic.py', 'print(1)');
      await world.write('locust/sub/more.py', 'print(2)');
      await world.store.saveSecret('keptn-default', 'locust-secret', { TOKEN: 'tops3cret' });
    });
    const run = async (runner: FakeRunner, options = {}) => {
      const triggered = await world.event('test', {
        test: { teststrategy: 'locust' },
        deployment: DEPLOYED,
        labels: { 'build id': '7' },
      });
      const finished = await inContext(world.activities({ runner, options }).runJobs, { triggered });
      return { triggered, finished };
    };

    it('runs silent actions and the first that answers, with files, variables and secrets', async () => {
      const runner = new FakeRunner({ 'locustio/locust:2': { logs: 'token tops3cret used' } });
      const { triggered, finished } = await run(runner);
      assert.deepEqual(
        runner.requests.map(({ image }) => image),
        ['quiet', 'locustio/locust:2', 'second'],
      );
      const request = runner.requests[1];
      assert.deepEqual(request?.command, ['locust']);
      assert.deepEqual(request?.args, ['-f', '/keptn/locust', '$(HOST)', '$$(HOST)', '$(NOPE)']);
      assert.deepEqual(request?.files.map(({ path }) => path).sort(), [
        'locust/basic.py',
        'locust/sub/more.py',
      ]);
      assert.equal(request?.name, `job-executor-service-job-${triggered.id.slice(0, 24)}-001-001`);
      assert.equal(request?.timeoutSeconds, 20);
      assert.deepEqual(request?.envFromSecrets, ['held-by-the-cluster']);
      assert.deepEqual(request?.resources, { limits: { cpu: '2' }, requests: {} });
      assert.equal(request?.imagePullPolicy, 'Always');
      assert.equal(request?.ttlSecondsAfterFinished, 120);
      assert.deepEqual(request?.securityContext, { runAsUser: 7000, capabilities: { drop: ['ALL'] } });
      assert.deepEqual(request?.annotations, { 'vault/inject': 'true' });
      assert.deepEqual(runner.requests[2]?.resources, {
        limits: { cpu: '1', memory: '512Mi' },
        requests: { cpu: '50m', memory: '128Mi' },
      });
      assert.deepEqual(request?.env, {
        KEPTN_PROJECT: SCOPE.project,
        KEPTN_STAGE: SCOPE.stage,
        KEPTN_SERVICE: SCOPE.service,
        LABELS_BUILD_ID: '7',
        HOST: 'http://carts.local:8080',
        ALL: '{"teststrategy":"locust"}',
        YAML: 'teststrategy: locust\n',
        TOKEN: 'tops3cret',
        FIXED: 'x',
      });
      assert.equal(finished.result, 'pass');
      assert.match(finished.message, /Task 'run' finished successfully!\n\nLogs:\ntoken \*\*\* used/);
      assert.doesNotMatch(finished.message, /quiet|tops3cret/);
      assert.match(JSON.stringify(finished.data), /"start":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/);
    });

    it('stops at the first task that fails, and joins a run when it is repeated', async () => {
      const runner = new FakeRunner({ 'locustio/locust:2': { exitCode: 3, logs: 'boom' } });
      const { triggered, finished } = await run(runner);
      assert.deepEqual([finished.status, finished.result], ['errored', 'fail']);
      assert.match(
        finished.message,
        /^Task 'run' failed: job job-executor-service-job-\S+-001-001 ended with exit code 3\n\nLogs: \nboom/,
      );
      await inContext(world.activities({ runner }).runJobs, { triggered });
      assert.equal(runner.requests.length, 2);
    });

    it('refuses images outside the allow list', async () => {
      const runner = new FakeRunner();
      const { finished } = await run(runner, { imageAllowList: ['locustio/*', 'alpine*'] });
      assert.equal(
        finished.message,
        "Task 'then' failed: Forbidden: Image second does not match configured image allowlist.",
      );
      assert.deepEqual(runner.requests, [], 'no task of an action runs when one of them may not');
    });

    it('answers for the action that answers, whatever becomes of silent ones', async () => {
      const { finished } = await run(new FakeRunner({ quiet: { exitCode: 1, logs: 'quiet boom' } }));
      assert.equal(finished.result, 'pass');
      assert.doesNotMatch(finished.message, /quiet/);
    });

    it('says which file a job misses', async () => {
      await world.config.remove(SCOPE, 'locust/basic.py');
      await world.config.remove(SCOPE, 'locust/sub/more.py');
      const { finished } = await run(new FakeRunner());
      assert.match(finished.message, /could not find file or folder \/locust/);
    });
  });
});
