import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual as isEqual } from 'node:util';
import { PlatformRetryableError, PlatformTerminalError } from '../../src/activities/platform/errors.ts';
import { LocalPlatform } from '../../src/activities/platform/local-platform.ts';
import { eventually } from '../support/eventually.ts';
import { describePlatformContract } from './platform.ts';
import { effectContext } from './platform-harness.ts';
import { type LocalHarness, makeLocalHarness } from './platform-local.ts';
import { describeTrafficContract } from './traffic.ts';

describePlatformContract('local processes', makeLocalHarness);
describeTrafficContract('the weighted proxy', makeLocalHarness);

describe('the local platform', function () {
  this.timeout(60_000);
  let harness: LocalHarness;
  beforeEach(async () => {
    harness = await makeLocalHarness();
  });
  afterEach(() => harness.stop());

  const deploy = (values = harness.versions.first, idempotencyKey = 'one') =>
    harness.platform.deploy(
      { ...harness.service, strategy: 'duplicate', values, idempotencyKey },
      effectContext(),
    );
  const write = (uri: string, text: string) =>
    harness.config.write(harness.service, [{ uri, content: new TextEncoder().encode(text) }], 'test');

  it('brings ports, versions and weights back after its supervisor was gone, and remembers what it has done', async () => {
    const { deploymentURIsLocal } = await deploy();
    await deploy(harness.versions.second, 'two');
    const weights = { primary: 0, canary: 100 };
    await harness.router.setWeights({ ...harness.service, weights }, effectContext());
    const before = await harness.platform.endpoints(harness.service);
    await harness.restart();
    assert.equal(await harness.served(deploymentURIsLocal[0] ?? ''), harness.names.second);
    const after = await harness.platform.endpoints(harness.service);
    assert.equal(after?.routed, before?.routed);
    assert.deepEqual(after?.versions, before?.versions);
    assert.deepEqual(await harness.router.observe(harness.service), { state: 'observed', weights });
    assert.deepEqual((await deploy(harness.versions.second, 'two')).deploymentURIsLocal, deploymentURIsLocal);
  });

  it('starts a crashed process again on its own', async () => {
    const { deploymentURIsLocal } = await deploy();
    await harness.tearDown('primary');
    await eventually('the primary to be back', async () => {
      const answer = await harness.served(deploymentURIsLocal[0] ?? '').catch(() => undefined);
      return answer === harness.names.first;
    });
  });

  it('shows the last log lines of a version that ends at once', async () => {
    await assert.rejects(deploy(harness.versions.broken), (error: Error) => {
      assert.ok(error instanceof PlatformTerminalError);
      assert.match(error.message, /ended with 2 before it was ready.*unknown version 9\.9\.9/s);
      return true;
    });
    assert.equal(await harness.platform.endpoints(harness.service), undefined);
  });

  it('says that a program is not there, and that a placeholder has no value', async () => {
    await write('slipway/process.yaml', `command: [no-such-program, "\${PORT}"]\n`);
    await assert.rejects(deploy(), /the program no-such-program was not found/);
    await write('slipway/process.yaml', `command: ["\${NODE}", "\${TAG}"]\n`);
    await assert.rejects(deploy({ image: 'untagged' }, 'two'), /uses \$\{TAG\}, which has no value/);
  });

  it('does not run a process.yaml with an error, and says where it is', async () => {
    await write('slipway/process.yaml', 'command: node server.mjs\nreplica: 2\n');
    await assert.rejects(deploy(), /helloservice\/slipway\/process\.yaml:1:10: .*process\.yaml:2:10: /s);
  });

  it('never passes the values through a shell', async () => {
    const marker = join(harness.stateDir, 'marker');
    const deployment = deploy({ image: `podtato:$(touch ${marker}); touch ${marker}` });
    await assert.rejects(deployment, PlatformTerminalError);
    assert.equal(existsSync(marker), false);
  });

  it('takes addresses of a service that runs elsewhere from helm/endpoints.yaml', async () => {
    const ref = harness.serviceWithoutChart;
    const yaml =
      'deploymentURIsLocal: ["http://carts.dev:80"]\ndeploymentURIsPublic: ["http://carts.example.com"]\n';
    const content = new TextEncoder().encode(yaml);
    await harness.config.write(ref, [{ uri: 'helm/endpoints.yaml', content }], 'test');
    const request = { ...ref, strategy: 'user_managed' as const, values: {}, idempotencyKey: 'u' };
    const deployment = await harness.platform.deploy(request, effectContext());
    assert.deepEqual(deployment.deploymentURIsLocal, ['http://carts.dev:80']);
    assert.deepEqual(deployment.deploymentURIsPublic, ['http://carts.example.com']);
    assert.deepEqual(deployment.deploymentNames, ['user_managed']);
  });

  it('tells Prometheus the processes of both sides, and forgets a side that is retired', async () => {
    await deploy();
    const jobs = () => {
      const directory = join(harness.stateDir, 'prometheus', 'targets');
      const text = readdirSync(directory)
        .filter((name) => name.endsWith('.json'))
        .map((name) => readTargets(join(directory, name)));
      return text.flat().sort();
    };
    const job = 'helloservice-podtatohead-hardening';
    await eventually('targets of both sides', () =>
      isEqual(jobs(), [job, job, `${job}-canary`, `${job}-primary`]),
    );
    await harness.platform.retire({ ...harness.service, side: 'canary' }, effectContext());
    await eventually('the canary to be forgotten', () => isEqual(jobs(), [job, `${job}-primary`]));
  });

  it('previews which version would replace which, and starts and commits nothing', async () => {
    const local = harness.platform as LocalPlatform;
    const request = { ...harness.service, strategy: 'duplicate' as const, idempotencyKey: 'preview' };
    const [first, second] = [harness.versions.first.image, harness.versions.second.image];
    const fresh = await local.preview({ ...request, values: harness.versions.first });
    assert.deepEqual(fresh, { versions: { wanted: first }, changes: [] });
    await deploy();
    const head = await harness.config.head(harness.service);
    const next = await local.preview({ ...request, values: harness.versions.second });
    assert.deepEqual(next, { versions: { running: first, wanted: second }, changes: [] });
    const same = await local.preview({ ...request, values: {} });
    assert.deepEqual(same.versions, { running: first, wanted: first });
    assert.equal(await harness.config.head(harness.service), head);
    await assert.rejects(
      local.preview({ ...request, ...harness.serviceWithoutChart, values: {} }),
      PlatformTerminalError,
    );
  });

  it('leaves no process behind when it is undeployed', async () => {
    await deploy();
    await harness.platform.undeploy(harness.service, effectContext());
    const left = readdirSync(join(harness.stateDir, 'run')).filter((name) => name.endsWith('.pid.json'));
    assert.deepEqual(left, []);
  });

  it('refuses a wrong token, and says so when it does not run', async () => {
    const endpoint = 'http://127.0.0.1:9';
    const absent = new LocalPlatform({ endpoint, token: 'x' }, harness.config);
    await assert.rejects(absent.endpoints(harness.service), (error: Error) => {
      assert.ok(error instanceof PlatformRetryableError);
      assert.match(error.message, /is `slipway dev` running\?/);
      return true;
    });
    const stranger = new LocalPlatform({ endpoint: harness.endpoint, token: 'x' }, harness.config);
    await assert.rejects(stranger.endpoints(harness.service), /refused the token/);
  });
});

function readTargets(file: string): string[] {
  const groups: { labels: { job: string } }[] = JSON.parse(readFileSync(file, 'utf8'));
  return groups.map(({ labels }) => labels.job);
}
