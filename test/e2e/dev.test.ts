import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import axios from 'axios';
import { parseEventType } from '../../src/contracts/events.ts';
import { PROJECT, SERVICE } from '../../src/embedded/demo/acts.ts';
import { serviceUrl } from '../../src/embedded/demo/play.ts';
import { setShipyard, setUpProject } from '../../src/embedded/demo/project.ts';
import { type RunningDev, startDevCommand } from '../support/dev.ts';
import { eventually } from '../support/eventually.ts';

const IMAGE = 'ghcr.io/podtato-head/podtatoserver';

describe('slipway dev', function () {
  this.timeout(180_000);
  let dev: RunningDev;

  before(async () => {
    dev = await startDevCommand();
    await setUpProject(dev.client, 3);
  });

  it('promotes a good build to production although its worker is killed in the middle of the test', async () => {
    const { client } = dev;
    const { keptnContext } = await client.triggerDelivery({
      project: PROJECT,
      service: SERVICE,
      image: `${IMAGE}:v0.1.1`,
    });
    const first = await dev.pidOf('worker');
    await eventually('the test has started', () => hasEvent(keptnContext, 'test', 'started'), 60_000);
    process.kill(first, 'SIGKILL');
    const run = await client.waitForDelivery(keptnContext, { pollMs: 200, timeoutMs: 120_000 });
    assert.equal(run.result, 'pass', run.message);
    assert.notEqual(await dev.pidOf('worker'), first);
    assert.deepEqual(await versions(), ['v0.1.1', 'v0.1.1']);
    const types = await orderOf(keptnContext);
    assert.equal(new Set(types).size, types.length, `an event came twice: ${types.join(', ')}`);
  });

  it('promotes a build although Temporal is killed in the middle of the test, and has it back on its port', async () => {
    const { client } = dev;
    const { keptnContext } = await client.triggerDelivery({
      project: PROJECT,
      service: SERVICE,
      image: `${IMAGE}:v0.1.3`,
    });
    const first = await dev.pidOf('temporal');
    await eventually('the test has started', () => hasEvent(keptnContext, 'test', 'started'), 60_000);
    process.kill(first, 'SIGKILL');
    const run = await client.waitForDelivery(keptnContext, { pollMs: 200, timeoutMs: 150_000 });
    assert.equal(run.result, 'pass', run.message);
    assert.deepEqual(await versions(), ['v0.1.3', 'v0.1.3']);
    const types = await orderOf(keptnContext);
    assert.equal(new Set(types).size, types.length, `an event came twice: ${types.join(', ')}`);
    assert.notEqual(await dev.pidOf('temporal'), first);
  });

  it('has Prometheus back with what it knew when it is killed', async () => {
    const { prometheus } = dev.addresses;
    const known = async (): Promise<number> => {
      const params = { query: 'count_over_time(up{job=~"helloservice.*"}[10m])' };
      const { data } = await axios.get(`${prometheus}/api/v1/query`, { params, timeout: 5_000 });
      return Number(data.data.result[0]?.value[1] ?? 0);
    };
    const before = await known();
    assert.ok(before > 0);
    const first = await dev.pidOf('prometheus');
    process.kill(first, 'SIGKILL');
    const isNew = (pid: number): boolean => pid !== first;
    await eventually('a new Prometheus', () => dev.pidOf('prometheus').then(isNew, () => false), 60_000);
    const after = await eventually('Prometheus answers again', () => known().catch(() => undefined), 60_000);
    assert.ok(after >= before, `${after} values of ${before} are left`);
  });

  it('stops a slow build in hardening and loses no request of the users while it does', async () => {
    const users = constantLoad(await urlOf('hardening'));
    const { client } = dev;
    const { keptnContext } = await client.triggerDelivery({
      project: PROJECT,
      service: SERVICE,
      image: `${IMAGE}:v0.1.2`,
    });
    const run = await client.waitForDelivery(keptnContext, { pollMs: 200, timeoutMs: 120_000 });
    const { sent, failed } = await users.stop();
    assert.equal(run.result, 'fail');
    assert.deepEqual(await versions(), ['v0.1.3', 'v0.1.3']);
    assert.ok(sent > 100, `only ${sent} requests were sent`);
    assert.equal(failed.length, 0, failed.join('\n'));
    const [evaluation] = await client.events({ keptnContext, type: 'sh.keptn.event.evaluation.finished' });
    assert.match(evaluation?.data.message ?? '', /key_sli objective/);
  });

  it('waits for an approval, and goes on when it is given by the call that the CLI makes', async () => {
    const { client } = dev;
    await setShipyard(client, 'shipyard-with-approval.yaml');
    const { keptnContext } = await client.triggerDelivery({
      project: PROJECT,
      service: SERVICE,
      image: `${IMAGE}:v0.1.1`,
    });
    await eventually(
      'production asks for approval',
      async () => {
        const { state, message } = await client.status(keptnContext);
        assert.notEqual(state, 'finished', `the run has ended before: ${message}`);
        return (await client.openApprovals({ project: PROJECT, stage: 'production' })).length > 0;
      },
      90_000,
    );
    assert.deepEqual(await versions(), ['v0.1.1', 'v0.1.3']);
    await client.approve({ project: PROJECT, stage: 'production', by: 'ada', reason: 'tested' });
    const run = await client.waitForDelivery(keptnContext, { pollMs: 200, timeoutMs: 90_000 });
    assert.equal(run.result, 'pass', run.message);
    assert.deepEqual(await versions(), ['v0.1.1', 'v0.1.1']);
    await assert.rejects(
      client.approve({ project: PROJECT, stage: 'production', by: 'ada' }),
      /nothing waits/,
    );
  });

  it('queues a second delivery of the same service behind the first', async () => {
    const { client } = dev;
    await setShipyard(client, 'shipyard.yaml');
    const deliver = (tag: string) =>
      client.triggerDelivery({
        project: PROJECT,
        service: SERVICE,
        image: `${IMAGE}:${tag}`,
        stage: 'production',
      });
    const contexts = [(await deliver('v0.1.0')).keptnContext, (await deliver('v0.1.1')).keptnContext];
    const runs = await Promise.all(
      contexts.map((context) => client.waitForDelivery(context, { pollMs: 200, timeoutMs: 90_000 })),
    );
    assert.deepEqual(
      runs.map((run) => run.result),
      ['pass', 'pass'],
    );
    assert.equal((await versions())[1], 'v0.1.1');
  });

  it('ends a delivery of an image that does not exist with the reason, and traffic where it was', async () => {
    const { client } = dev;
    const image = `${IMAGE}:v9.9.9`;
    const { keptnContext } = await client.triggerDelivery({
      project: PROJECT,
      service: SERVICE,
      image,
      stage: 'production',
    });
    const run = await client.waitForDelivery(keptnContext, { pollMs: 200, timeoutMs: 90_000 });
    assert.deepEqual([run.result, run.status], ['fail', 'errored']);
    assert.match(run.message ?? '', /unknown version 9\.9\.9/);
    assert.equal((await versions())[1], 'v0.1.1');
  });

  it('refuses what cannot be triggered with a sentence that says what is wrong', async () => {
    const { client } = dev;
    const image = `${IMAGE}:v0.1.1`;
    await assert.rejects(
      client.triggerDelivery({ project: 'nope', service: SERVICE, image }),
      /project not found/i,
    );
    await assert.rejects(client.triggerDelivery({ project: PROJECT, service: 'nope', image }), /nope/);
    const { keptnContext } = await client.sendEvent({
      type: 'sh.keptn.event.hardening.nope.triggered',
      data: { project: PROJECT, stage: 'hardening', service: SERVICE },
    });
    const run = await client.waitForSequence(keptnContext, { pollMs: 200, timeoutMs: 30_000 });
    assert.match(run.message ?? '', /no task sequence with name nope found in stage hardening/);
  });

  it('leaves no process behind after Ctrl-C', async () => {
    const { stateDir } = dev;
    assert.equal(await dev.stop(), 0);
    const left = processesOf(stateDir);
    assert.deepEqual(left, []);
  });

  const hasEvent = async (keptnContext: string, task: string, kind: string): Promise<boolean> =>
    (await dev.client.events({ keptnContext })).some((event) => {
      const type = parseEventType(event.type);
      return type?.of === 'task' && type.task === task && type.kind === kind;
    });

  const orderOf = async (keptnContext: string): Promise<string[]> =>
    (await dev.client.events({ keptnContext })).map((event) => `${event.type} ${event.data.stage}`);

  async function urlOf(stage: 'hardening' | 'production'): Promise<string> {
    const url = await serviceUrl(dev.client, stage);
    if (url === undefined) throw new Error(`nothing is deployed in ${stage}`);
    return url;
  }

  async function versions(): Promise<string[]> {
    const pages = [
      await axios.get<string>(await urlOf('hardening')),
      await axios.get<string>(await urlOf('production')),
    ];
    return pages.map((page) => /Version <strong>(v[\d.]+)/.exec(page.data)?.[1] ?? 'unknown');
  }
});

/** Users who call a page again and again, until stopped; a failed request is kept with its reason. */
function constantLoad(url: string): { stop(): Promise<{ sent: number; failed: string[] }> } {
  let running = true;
  let sent = 0;
  const failed: string[] = [];
  const user = async (): Promise<void> => {
    while (running) {
      sent += 1;
      await axios.get(url, { timeout: 5_000 }).catch((error: Error) => failed.push(error.message));
    }
  };
  const users = Promise.all([user(), user(), user()]);
  return {
    stop: async () => {
      running = false;
      await users;
      return { sent, failed };
    },
  };
}

/** Command lines of processes that mention the state directory. */
function processesOf(stateDir: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return ''; // it has just ended
      }
    })
    .filter((commandLine) => commandLine.includes(stateDir));
}
