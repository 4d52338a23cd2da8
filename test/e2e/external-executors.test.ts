import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import axios from 'axios';
import type { Run } from '../../src/client/index.ts';
import { sequenceWorkflowId } from '../../src/contracts/ids.ts';
import { type RunningDev, startDevCommand } from '../support/dev.ts';
import { eventually } from '../support/eventually.ts';
import { demoPython, noPython, startPythonWorker } from '../support/python-worker.ts';

const MAIN = fileURLToPath(new URL('../../bin/slipway.mjs', import.meta.url));
const DEMO_SHIPYARD = new URL('../../demo/external-worker/shipyard.yaml', import.meta.url);
const SCOPE = { project: 'external', stage: 'dev', service: 'web' };
const SHIPYARD = `
apiVersion: spec.keptn.sh/0.2.3
kind: Shipyard
metadata: { name: external }
spec:
  stages:
    - name: dev
      sequences:
        - name: alone
          tasks: [{ name: nobodys, properties: { x-started-timeout: 4s } }]
        - name: idle
          tasks: [{ name: forgotten, properties: { x-executor: worker, x-started-timeout: 4s } }]
        - name: answered
          tasks: [{ name: handwork }]
        - name: asked
          tasks: [{ name: approval, properties: { pass: manual } }]
        - name: hooked
          tasks: [{ name: ticket, properties: { queue: ops } }]
`;

describe('tasks that are carried out elsewhere', function () {
  this.timeout(240_000);
  let dev: RunningDev;
  let hooks: Server;
  const seen: { url: string; body: string }[] = [];

  before(async () => {
    hooks = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        seen.push({ url: request.url ?? '', body });
        response.end('{"number":7}');
      });
    }).listen(0, '127.0.0.1');
    await once(hooks, 'listening');
    process.env.SLIPWAY_WEBHOOK_ALLOWED_HOSTS = hookHost();
    dev = await startDevCommand();
    await dev.client.createProject({ name: SCOPE.project, shipyard: SHIPYARD });
    await dev.client.createService({ project: SCOPE.project, service: SCOPE.service });
  });
  after(async () => {
    delete process.env.SLIPWAY_WEBHOOK_ALLOWED_HOSTS;
    hooks.closeAllConnections();
    hooks.close();
    await dev.stop();
  });

  const hookHost = (): string => `127.0.0.1:${(hooks.address() as AddressInfo).port}`;
  const start = async (sequence: string): Promise<string> =>
    (await dev.client.triggerSequence({ ...SCOPE, sequence })).keptnContext;
  const end = (keptnContext: string): Promise<Run> =>
    dev.client.waitForSequence(keptnContext, { pollMs: 200, timeoutMs: 60_000 });
  const missing = (keptnContext: string): Promise<string> =>
    eventually(
      'the run says who is missing',
      async () =>
        (await dev.client.activeRuns({ project: SCOPE.project, keptnContext })).find((run) => run.missing)
          ?.missing,
      15_000,
    );
  const slipway = (...args: string[]): string => {
    const { addresses } = dev;
    const access = ['--endpoint', addresses.endpoint, '--token', addresses.token];
    const { stdout, stderr, status } = spawnSync(process.execPath, [MAIN, ...args, ...access], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  const details = async (keptnContext: string, sequence: string): Promise<string> => {
    const connection = await Connection.connect({ address: dev.addresses.temporal });
    try {
      const workflowId = sequenceWorkflowId({ ...SCOPE, keptnContext, sequence });
      const answer = await new Client({ connection }).workflow
        .getHandle(workflowId)
        .query<{ currentDetails?: string }>('__temporal_workflow_metadata');
      return answer.currentDetails ?? '';
    } finally {
      await connection.close();
    }
  };

  it('say at once that nobody is there, in every view, and fail after the time that the file gives', async () => {
    const keptnContext = await start('alone');
    const expected = 'no integration, job, webhook or worker answers sh.keptn.event.nobodys.triggered';
    assert.equal(await missing(keptnContext), expected);
    assert.ok((await details(keptnContext, 'alone')).includes(expected));
    const run = await end(keptnContext);
    assert.deepEqual([run.state, run.result, run.status], ['timedOut', 'fail', 'errored']);
    assert.match(run.message ?? '', /sequence timed out while waiting for task .*nobodys\.triggered/);
    assert.deepEqual(await dev.client.activeRuns({ project: SCOPE.project, keptnContext }), []);
  });

  it('say so on the command line too', async () => {
    await dev.client.addResource({
      project: SCOPE.project,
      resourceUri: 'shipyard.yaml',
      content: Buffer.from(SHIPYARD.replaceAll('4s', '5m')),
    });
    const keptnContext = await start('alone');
    await missing(keptnContext);
    assert.match(slipway('status', keptnContext), /Task nobodys in dev waits: no integration, job, webhook/);
    const behind = [await start('answered'), await start('answered')];
    await eventually('both wait', async () => (await positions()).length === 2, 15_000);
    const list = slipway('get', 'sequences', '--project', SCOPE.project, '--state', 'started');
    assert.match(list, /started \(nobody for nobodys\)/);
    assert.match(
      slipway('get', 'sequences', '--project', SCOPE.project),
      /waiting \(2nd\)[\s\S]*waiting \(1st\)/,
    );
    assert.match(slipway('status', behind[1] ?? ''), /answered in dev is 2nd in its queue/);
    for (const context of [...behind, keptnContext]) {
      await dev.client.abort({ project: SCOPE.project, keptnContext: context, reason: 'seen' });
      await end(context);
    }
  });

  it('wait for a worker where the file asks for one, and fail when none comes in time', async () => {
    await dev.client.addResource({
      project: SCOPE.project,
      resourceUri: 'shipyard.yaml',
      content: Buffer.from(SHIPYARD),
    });
    const keptnContext = await start('idle');
    const queue = 'slipway-task-forgotten';
    assert.equal(await missing(keptnContext), `no Temporal worker polls the task queue ${queue}`);
    const run = await end(keptnContext);
    assert.deepEqual([run.result, run.status], ['fail', 'errored']);
    assert.match(
      run.message ?? '',
      /no worker on the task queue slipway-task-forgotten took the task within 4s/,
    );
  });

  it('are answered by a responder over the API', async () => {
    const keptnContext = await start('answered');
    const { endpoint, token } = dev.addresses;
    const headers = { 'x-token': token };
    const type = 'sh.keptn.event.handwork.triggered';
    const triggered = await eventually('the task is open', async () => {
      const url = `${endpoint}/controlPlane/v1/event/triggered/${type}`;
      const { data } = await axios.get<{ events: { id: string; shkeptncontext: string }[] }>(url, {
        headers,
        params: { project: SCOPE.project, stage: SCOPE.stage },
      });
      return data.events.find((event) => event.shkeptncontext === keptnContext);
    });
    for (const kind of ['started', 'finished']) {
      const outcome =
        kind === 'finished' ? { result: 'warning', status: 'succeeded', handwork: { done: 1 } } : {};
      await axios.post(
        `${endpoint}/v1/event`,
        {
          type: `sh.keptn.event.handwork.${kind}`,
          specversion: '1.0',
          source: 'a-responder',
          shkeptncontext: keptnContext,
          triggeredid: triggered.id,
          data: { ...SCOPE, ...outcome },
        },
        { headers },
      );
    }
    const run = await end(keptnContext);
    assert.deepEqual([run.state, run.result, run.status], ['finished', 'warning', 'succeeded']);
    const open = await axios.get<{ events: unknown[] }>(
      `${endpoint}/controlPlane/v1/event/triggered/${type}`,
      { headers, params: { project: SCOPE.project } },
    );
    assert.deepEqual(open.data.events, []);
  });

  it('are carried out by webhook/webhook.yaml', async () => {
    const webhook = `
apiVersion: webhookconfig.keptn.sh/v1beta1
kind: WebhookConfig
metadata: { name: tickets }
spec:
  webhooks:
    - type: sh.keptn.event.ticket.triggered
      subscriptionID: any
      sendFinished: true
      requests:
        - url: http://${hookHost()}/tickets/{{.data.service}}
          method: POST
          headers: [{ key: Content-Type, value: application/json }]
          payload: '{"queue":"{{.data.ticket.queue}}"}'
`;
    await dev.client.addResource({
      ...SCOPE,
      resourceUri: 'webhook/webhook.yaml',
      content: Buffer.from(webhook),
    });
    const keptnContext = await start('hooked');
    const run = await end(keptnContext);
    assert.equal(run.result, 'pass', run.message);
    assert.deepEqual(seen, [{ url: '/tickets/web', body: '{"queue":"ops"}' }]);
    const [finished] = await dev.client.events({ keptnContext, type: 'sh.keptn.event.ticket.finished' });
    assert.deepEqual(finished?.data.ticket, { responses: [{ number: 7 }] });
  });

  it('are heard of by webhooks that answer nothing: what ended, and an approval that waits', async () => {
    const hook = (type: string, text: string) =>
      `    - { type: ${type}, subscriptionID: a, requests: [{ url: 'http://${hookHost()}/chat', method: POST, payload: '${text}' }] }\n`;
    const webhook =
      'apiVersion: webhookconfig.keptn.sh/v1beta1\nkind: WebhookConfig\nspec:\n  webhooks:\n' +
      hook('sh.keptn.event.approval.triggered', 'waits in {{.data.stage}}') +
      hook('sh.keptn.event.*.finished', '{{.type}} {{.data.result}}') +
      hook('sh.keptn.event.dev.asked.>', '{{.type}}');
    await dev.client.addResource({
      ...SCOPE,
      resourceUri: 'webhook/webhook.yaml',
      content: Buffer.from(webhook),
    });
    seen.length = 0;
    const keptnContext = await start('asked');
    const bodies = (): string[] => seen.map(({ body }) => body.replace('sh.keptn.event.', '')).sort();
    const heard = ['dev.asked.triggered', 'waits in dev'];
    await eventually(
      'the approval is told',
      async () => bodies().length === heard.length || undefined,
      30_000,
    );
    assert.deepEqual(bodies(), heard);
    slipway('approve', '--project', SCOPE.project, '--stage', 'dev', '--by', 'an owner');
    const run = await end(keptnContext);
    assert.equal(run.result, 'pass', run.message);
    const all = ['approval.finished pass', 'dev.asked.finished', ...heard];
    await eventually('the end is told', async () => bodies().length === all.length || undefined, 30_000);
    assert.deepEqual(bodies(), all.sort());
    await dev.client.sendEvent({
      type: 'sh.keptn.event.ticket.finished',
      source: 'a responder',
      shkeptncontext: keptnContext,
      triggeredid: randomUUID(),
      data: { ...SCOPE, status: 'succeeded', result: 'warning' },
    });
    const late = 'ticket.finished warning';
    await eventually('an answer that nobody waits for is told', () => bodies().includes(late), 30_000);
    assert.deepEqual(bodies(), [...all, late].sort());
  });

  it('are carried out by a worker in Python that starts after the task', async function () {
    const reason = noPython();
    if (reason !== undefined) {
      process.stdout.write(`      skipped: ${reason}\n`);
      this.skip();
    }
    await dev.client.addResource({
      project: SCOPE.project,
      resourceUri: 'shipyard.yaml',
      content: readFileSync(DEMO_SHIPYARD),
    });
    const python = await demoPython();
    const keptnContext = await start('check');
    await missing(keptnContext);
    const worker = startPythonWorker(python, dev.addresses.temporal);
    try {
      const run = await end(keptnContext);
      assert.equal(run.result, 'pass', `${run.message}\n${worker.log()}`);
      const [finished] = await dev.client.events({ keptnContext, type: 'sh.keptn.event.smoke.finished' });
      assert.deepEqual(finished?.data.smoke, { checked: 'web' });
    } finally {
      await worker.stop();
    }
  });

  async function positions(): Promise<number[]> {
    const runs = await dev.client.activeRuns({ project: SCOPE.project });
    return runs.flatMap((run) => (run.position === undefined ? [] : [run.position]));
  }
});
