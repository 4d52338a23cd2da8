import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import axios from 'axios';
import type { KeptnEvent, Result } from '../../src/contracts/events.ts';
import { type RunningDev, startDevCommand } from '../support/dev.ts';
import { eventually } from '../support/eventually.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const PROJECT = 'control';
const SHIPYARD = `
apiVersion: spec.keptn.sh/0.2.3
kind: Shipyard
metadata: { name: control }
spec:
  stages:
    - name: dev
      sequences:
        - name: delivery
          tasks: [{ name: build }, { name: check }]
    - name: prod
      x-freeze: [{ from: "2020-01-01T00:00:00Z", to: "2199-01-01T00:00:00Z", reason: year end }]
      sequences:
        - name: delivery
          triggeredOn: [{ event: dev.delivery.finished }]
          tasks: [{ name: announce }]
        - name: hotfix
          tasks: [{ name: announce }]
`;

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

describe('runs under control of the command line, in one slipway dev', function () {
  this.timeout(180_000);
  let dev: RunningDev;
  let directory: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'slipway-control-'));
    dev = await startDevCommand();
    const shipyard = join(directory, 'shipyard.yaml');
    await writeFile(shipyard, SHIPYARD);
    await done('create', 'project', PROJECT, '--shipyard', shipyard);
    for (const service of ['carts', 'orders']) await dev.client.createService({ project: PROJECT, service });
  });
  after(async () => {
    await rm(directory, { recursive: true, force: true });
    assert.equal(await dev?.stop(), 0);
  });

  const run = async (...words: string[]): Promise<Ended> => {
    const { endpoint, token } = dev.addresses;
    const env = { ...process.env, SLIPWAY_ENDPOINT: endpoint, SLIPWAY_TOKEN: token, NO_COLOR: '1' };
    const child = spawn(process.execPath, [MAIN, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr] = [textOf(child, 'stdout'), textOf(child, 'stderr')];
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout: stdout(), stderr: stderr() };
  };
  const done = async (...words: string[]): Promise<string> => {
    const ended = await run(...words);
    assert.equal(ended.code, 0, `slipway ${words.join(' ')}\n${ended.stdout}${ended.stderr}`);
    return ended.stdout;
  };
  const trigger = async (...words: string[]): Promise<string> => {
    const { keptnContext } = JSON.parse(await done('trigger', ...words, '-o', 'json')) as {
      keptnContext: string;
    };
    return keptnContext;
  };
  const delivery = () => trigger('sequence', 'delivery', '-p', PROJECT, '--stage', 'dev', '-s', 'carts');
  const open = (keptnContext: string, task: string): Promise<KeptnEvent> =>
    eventually(
      `${task} is open`,
      async () => {
        const url = `${dev.addresses.endpoint}/controlPlane/v1/event/triggered/sh.keptn.event.${task}.triggered`;
        const { data } = await axios.get<{ events: KeptnEvent[] }>(url, {
          headers: { 'x-token': dev.addresses.token },
          params: { project: PROJECT },
          timeout: 10_000,
        });
        return data.events.find(({ shkeptncontext }) => shkeptncontext === keptnContext);
      },
      60_000,
    );
  const answer = async (keptnContext: string, task: string, result: Result): Promise<void> => {
    const { id: triggeredid, data } = await open(keptnContext, task);
    const { project, stage, service } = data;
    for (const kind of ['started', 'finished']) {
      await dev.client.sendEvent({
        type: `sh.keptn.event.${task}.${kind}`,
        shkeptncontext: keptnContext,
        triggeredid,
        data: { project, stage, service, status: 'succeeded', result },
      });
    }
  };
  const finished = (keptnContext: string, stage: string, sequence = 'delivery'): Promise<KeptnEvent> =>
    eventually(
      `${stage}.${sequence} has ended`,
      async () => {
        const type = `sh.keptn.event.${stage}.${sequence}.finished`;
        return (await dev.client.events({ keptnContext, type }))[0];
      },
      60_000,
    );
  const state = (keptnContext: string, wanted: string): Promise<true> =>
    eventually(
      `the run is ${wanted}`,
      async () => {
        const [row] = await dev.client.sequences({ project: PROJECT, keptnContext });
        return row?.state === wanted ? true : undefined;
      },
      60_000,
    );

  it('start again from the task that failed, with what the tasks before it answered', async () => {
    const context = await delivery();
    await answer(context, 'build', 'pass');
    await answer(context, 'check', 'fail');
    assert.equal((await finished(context, 'dev')).data.result, 'fail');
    const control = ['-p', PROJECT, '-c', context];
    assert.match(await done('rerun', 'sequence', ...control, '--by', 'ada', '--reason', 'flaky'), /check/);
    await answer(context, 'check', 'pass');
    const prod = await finished(context, 'prod');
    assert.match(prod.data.message ?? '', /year end/, 'the next stage is frozen');
    const types = (await dev.client.events({ keptnContext: context })).map(({ type }) => type);
    const count = (task: string) =>
      types.filter((type) => type === `sh.keptn.event.${task}.triggered`).length;
    assert.deepEqual([count('build'), count('check')], [1, 2]);
  });

  it('are promoted together or not at all', async () => {
    const images = ['--services', 'carts,orders', '--image', 'carts=carts:2,orders=orders:2'];
    const text = await done('trigger', 'delivery', '-p', PROJECT, ...images, '-o', 'json');
    const { deliveries } = JSON.parse(text) as { deliveries: { service: string; keptnContext: string }[] };
    assert.deepEqual(
      deliveries.map(({ service }) => service),
      ['carts', 'orders'],
    );
    const [carts = '', orders = ''] = deliveries.map(({ keptnContext }) => keptnContext);
    for (const context of [carts, orders]) await answer(context, 'build', 'pass');
    await answer(carts, 'check', 'pass');
    await answer(orders, 'check', 'fail');
    assert.equal((await finished(orders, 'dev')).data.result, 'fail');
    const { data } = await finished(carts, 'dev');
    assert.deepEqual([data.result, data.message], ['fail', 'held back together with orders, which failed']);
  });

  it('start in a frozen stage with an override only, which is kept with reason and name', async () => {
    const target = ['sequence', 'hotfix', '-p', PROJECT, '--stage', 'prod', '-s', 'carts'];
    const frozen = await trigger(...target);
    const { data } = await finished(frozen, 'prod', 'hotfix');
    assert.deepEqual([data.status, data.result], ['errored', 'fail']);
    assert.match(data.message ?? '', /^Unable to start sequence hotfix: .*2199.*year end/);
    const context = await trigger(...target, '--override-freeze', 'the shop is down');
    await answer(context, 'announce', 'pass');
    assert.equal((await finished(context, 'prod', 'hotfix')).data.result, 'pass');
    const type = 'sh.keptn.event.prod.hotfix.triggered';
    const [asked] = await dev.client.events({ keptnContext: context, type });
    const override = asked?.data['x-override-freeze'] as { reason: string; by: string };
    assert.deepEqual(
      [override.reason, asked?.data.labels?.['override-freeze']],
      ['the shop is down', 'the shop is down'],
    );
    assert.ok(override.by.length > 0);
  });

  it('hold while the line is stopped, and go on when it is resumed', async () => {
    const running = await delivery();
    await open(running, 'build');
    await done('stop-line', '-p', PROJECT, '--reason', 'the shop is down', '--by', 'ada');
    await state(running, 'paused');
    const refused = await delivery();
    const { data } = await finished(refused, 'dev');
    assert.match(data.message ?? '', /the line of project control was stopped by ada \(the shop is down\)/);
    assert.match(await done('get', 'projects', PROJECT), /ada/);
    await answer(running, 'build', 'pass');
    await done('resume-line', '-p', PROJECT);
    await answer(running, 'check', 'fail');
    assert.equal((await finished(running, 'dev')).data.result, 'fail');
  });

  it('are paused, resumed and aborted, with what waits behind them', async () => {
    const first = await delivery();
    const control = (context: string) => ['sequence', '-p', PROJECT, '-c', context];
    await open(first, 'build');
    await done('pause', ...control(first));
    await state(first, 'paused');
    await answer(first, 'build', 'pass');
    const next = await delivery();
    await open(next, 'build');
    await done('resume', ...control(first));
    await done('abort', ...control(next), '--reason', 'wrong build');
    const { data } = await finished(next, 'dev');
    assert.deepEqual([data.status, data.result], ['aborted', 'pass']);
    assert.match(data.message ?? '', /wrong build/);
    await answer(first, 'check', 'fail');
    assert.equal((await finished(first, 'dev')).data.result, 'fail');
  });

  it('refuse what cannot be meant, by event and by command, and run on', async () => {
    const file = join(directory, 'event.json');
    const send = async (event: object): Promise<Ended> => {
      await writeFile(file, JSON.stringify(event));
      return run('send', 'event', '-f', file);
    };
    const scope = { project: PROJECT, stage: 'dev', service: 'carts' };
    const event = (changes: object) => ({
      type: 'sh.keptn.event.dev.delivery.triggered',
      data: scope,
      ...changes,
    });
    const outcome = { status: 'succeeded', result: 'pass' };
    const refused: [object, RegExp][] = [
      [event({ type: 'sh.keptn.event.dev.delivery.finished' }), /unknown event type action: finished/],
      [event({ type: 'com.example.other' }), /unknown event type/],
      [event({ data: { ...scope, x: 'x'.repeat(1_100_000) } }), /too large|smaller payload/],
      [event({ data: { project: PROJECT, stage: 'dev' } }), /'project', 'stage' or 'service' missing/],
      [event({ data: { project: PROJECT, service: 'carts' } }), /'project', 'stage' or 'service' missing/],
      [event({ data: { stage: 'dev', service: 'carts' } }), /'project', 'stage' or 'service' missing/],
      [event({ data: { ...scope, project: 'nope' } }), /project not found: nope/],
      [event({ data: { ...scope, service: 'nope' } }), /service not found: nope/],
      [
        event({ type: 'sh.keptn.event.build.finished', data: { ...scope, ...outcome } }),
        /'triggeredid' missing/,
      ],
    ];
    for (const [body, message] of refused) {
      const { code, stderr } = await send(body);
      assert.equal(code, 3, JSON.stringify(body).slice(0, 100));
      assert.match(stderr, message);
    }
    // Nobody waits for it: kept, as Keptn did, and without effect.
    const stray = {
      type: 'sh.keptn.event.build.finished',
      triggeredid: 'unknown',
      data: { ...scope, ...outcome },
    };
    assert.equal((await send(event(stray))).code, 0);
    const url = `${dev.addresses.endpoint}/v1/event`;
    const hostile = `{"type":"sh.keptn.event.dev.delivery.triggered","data":{"project":"${PROJECT}","stage":"dev","service":"carts","__proto__":{"result":"pass"}}}`;
    const headers = { 'x-token': dev.addresses.token, 'content-type': 'application/json' };
    const { status } = await axios.post(url, hostile, {
      headers,
      validateStatus: () => true,
      timeout: 10_000,
    });
    assert.equal(status, 400);
    const unknown = await run('status', '00000000-0000-4000-8000-000000000000');
    assert.equal(unknown.code, 3);
    assert.match(unknown.stderr, /00000000-0000-4000-8000-000000000000/);
  });

  it('are warned of a shipyard that cannot end, and of names that differ only by case', async () => {
    const shipyard = join(directory, 'ring.yaml');
    await writeFile(
      shipyard,
      `apiVersion: spec.keptn.sh/0.2.3
kind: Shipyard
metadata: { name: ring }
spec:
  stages:
    - name: dev
      sequences:
        - { name: ring, triggeredOn: [{ event: dev.ring.finished }], tasks: [{ name: build }, { name: Build }] }
`,
    );
    const { stdout, stderr } = await run('validate', shipyard);
    assert.match(stdout + stderr, /ring\.yaml:\d+:\d+: warning: .*(never ends|for ever|cycle|ring)/);
    assert.match(stdout + stderr, /only by case/);
  });
});

function textOf(child: ChildProcess, stream: 'stdout' | 'stderr'): () => string {
  let text = '';
  child[stream]?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () => text;
}
