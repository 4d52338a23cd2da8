import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type RunningDev, startDevCommand } from '../support/dev.ts';
import { tourChart, tourFile } from '../support/jobs-tour.ts';
import { loadTool } from '../support/load-tools.ts';
import { startNameServer } from '../support/name-server.ts';

const ADDRESS = '127.0.0.77';
const SCOPE = { project: 'fulltour', service: 'helloservice' };
/**
 * There is no Kubernetes here: this `helm` reads the chart that it is given and tells the test what to install. The real one
 * runs in test/cluster/jobs-tour.test.ts.
 */
const HELM = `#!${process.execPath}
const { execFileSync } = require('node:child_process');
const { request } = require('node:http');
const args = process.argv.slice(2);
const chart = args.find((argument) => argument.endsWith('.tgz'));
const inside = execFileSync('tar', ['-tzf', chart], { encoding: 'utf8' });
if (!inside.includes('Chart.yaml')) throw new Error(chart + ' is no chart');
const call = request(process.env.TEST_HELM + '/', { method: 'POST' }, (answer) => {
  console.log(answer.statusCode === 200 ? 'STATUS: deployed' : 'Error: INSTALLATION FAILED: image not found');
  process.exitCode = answer.statusCode === 200 ? 0 : 1;
});
call.end(JSON.stringify(args));
`;

const unable = await whyNot();

(unable === undefined ? describe : describe.skip)('the tour of jobs on the embedded platform', function () {
  this.timeout(240_000);
  let dev: RunningDev;
  let server: Server;
  let names: Awaited<ReturnType<typeof startNameServer>>;
  let directory: string;
  const installed: string[][] = [];
  const seen: string[] = [];
  const saved = { ...process.env };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'slipway-tour-'));
    await writeFile(join(directory, 'helm'), HELM);
    await chmod(join(directory, 'helm'), 0o755);
    server = createServer(async (incoming, outgoing) => {
      if (incoming.method === 'POST') {
        const args = JSON.parse(await bodyOf(incoming)) as string[];
        installed.push(args);
        outgoing.writeHead(args.join(' ').includes('v9.9.9') ? 404 : 200).end();
        return;
      }
      seen.push(incoming.headers.host ?? '');
      outgoing.end('hello');
    }).listen(80, ADDRESS);
    await once(server, 'listening');
    names = await startNameServer('127.0.0.1', { names: /^helloservice\.fulltour-qa$/, address: ADDRESS });
    Object.assign(process.env, {
      PATH: `${directory}${delimiter}${process.env.PATH}`,
      TEST_HELM: `http://${ADDRESS}`,
      GEVENT_RESOLVER: 'ares',
      GEVENTARES_SERVERS: '127.0.0.1',
      GEVENTARES_UDP_PORT: `${names.port}`,
      SLIPWAY_JOB_VARIABLES: 'TEST_HELM,GEVENT_RESOLVER,GEVENTARES_SERVERS,GEVENTARES_UDP_PORT',
    });
    dev = await startDevCommand();
    const { project, service } = SCOPE;
    await dev.client.createProject({ name: project, shipyard: await tourFile('shipyard.yaml') });
    await dev.client.createService({ project, service });
    const chart = await tourChart();
    for (const stage of ['qa', 'production']) {
      const add = (resourceUri: string, content: Buffer) =>
        dev.client.addResource({ project, stage, service, resourceUri, content });
      await add('charts/helloservice.tgz', chart);
      for (const uri of ['job/config.yaml', 'locust/basic.py', 'locust/locust.conf'])
        await add(uri, Buffer.from(await tourFile(uri)));
    }
  });
  after(async () => {
    for (const name of Object.keys(process.env)) if (!(name in saved)) delete process.env[name];
    Object.assign(process.env, saved);
    await dev.stop();
    names.stop();
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true, force: true });
  });

  const deliver = async (tag: string) => {
    const started = await dev.client.triggerDelivery({
      ...SCOPE,
      image: `ghcr.io/podtato-head/podtatoserver:${tag}`,
    });
    return dev.client.waitForSequence(started.keptnContext, { pollMs: 300, timeoutMs: 120_000 });
  };

  it('deploys by helm, tests by the real Locust, and promotes', async () => {
    const run = await deliver('v0.1.1');
    assert.equal(run.result, 'pass', JSON.stringify(run));
    assert.deepEqual(
      installed.map((args) => [args[0], args[4], args[5], args.at(-2)]),
      ['qa', 'production'].map((stage) => [
        'upgrade',
        `fulltour-${stage}`,
        'helloservice',
        'image=ghcr.io/podtato-head/podtatoserver:v0.1.1',
      ]),
    );
    assert.ok(seen.length >= 20, `${seen.length} requests`);
    assert.ok(seen.every((host) => host === 'helloservice.fulltour-qa'));
    const [tested] = await dev.client.events({
      keptnContext: run.keptnContext,
      type: 'sh.keptn.event.test.finished',
    });
    assert.match(
      tested?.data.message ?? '',
      /^Task 'Run locust' finished successfully![\s\S]*Aggregated\s+\d+\s+0\(0\.00%\)/,
    );
    const { start, end } = (tested?.data.test ?? {}) as { start: string; end: string };
    assert.ok(Date.parse(end) - Date.parse(start) >= 7000);
  });

  it('stops before production when helm fails, with what helm says', async () => {
    installed.length = 0;
    const run = await deliver('v9.9.9');
    assert.equal(run.result, 'fail');
    assert.equal(installed.length, 1);
    const [failed] = await dev.client.events({
      keptnContext: run.keptnContext,
      type: 'sh.keptn.event.deployment.finished',
    });
    assert.match(
      failed?.data.message ?? '',
      /^Task 'Run helm' failed: job \S+ ended with exit code 1[\s\S]*INSTALLATION FAILED/,
    );
  });
});

/** Why the tour cannot run on this machine: its files name a host without a port, so port 80 of an own loopback address. */
async function whyNot(): Promise<string | undefined> {
  const locust = await loadTool('locust');
  let reason = typeof locust === 'string' ? locust : undefined;
  const probe = createServer().listen(80, ADDRESS);
  await once(probe, 'listening').catch((error: Error) => {
    reason ??= `port 80 of ${ADDRESS} cannot be used: ${error.message}`;
  });
  probe.close();
  if (reason !== undefined) process.stderr.write(`The tour of jobs is not tested: ${reason}\n`);
  return reason;
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of incoming) body += String(chunk);
  return body;
}
