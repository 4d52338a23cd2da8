import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MockActivityEnvironment } from '@temporalio/testing';
import { WebhookGuard } from '../../../src/activities/executors/webhook-guard.ts';
import type { TaskFinished } from '../../../src/contracts/activities.ts';
import type { JsonObject } from '../../../src/contracts/json.ts';
import { ActivityWorld, inContext } from '../../support/activity-world.ts';

describe('webhooks', function () {
  this.timeout(60_000);
  let world: ActivityWorld;
  let server: Server;
  let port: number;
  const seen: { method: string; url: string; headers: IncomingHttpHeaders; body: string }[] = [];
  before(async () => {
    world = await ActivityWorld.open();
    await world.store.saveSecret('keptn-default', 'ticket-secret', { token: 'tops3cret' });
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const url = request.url ?? '';
        seen.push({ method: request.method ?? '', url, headers: request.headers, body });
        if (url.startsWith('/away')) response.writeHead(302, { location: 'http://127.0.0.2:1/' }).end();
        else if (url.startsWith('/bad')) response.writeHead(422).end('no, tops3cret');
        else if (url.startsWith('/silent')) return;
        else if (url.startsWith('/text')) response.end('token tops3cret');
        else if (url.startsWith('/large')) response.end('x'.repeat(100_000));
        else response.end('{"ticket":7}');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await world.close();
  });
  beforeEach(() => {
    seen.length = 0;
  });

  const HEAD = 'apiVersion: webhookconfig.keptn.sh/v1beta1\nkind: WebhookConfig\nspec:\n  webhooks:\n';
  const ENV = 'envFrom: [{ name: secretKey, secretRef: { name: ticket-secret, key: token } }]';
  const run = async (
    webhook: string,
    { data = {}, options = {} }: { data?: JsonObject; options?: object } = {},
  ) => {
    const entry = webhook.replaceAll('HOST', `127.0.0.1:${port}`).replaceAll('\n', '\n      ');
    await world.write(
      'webhook/webhook.yaml',
      `${HEAD}    - type: sh.keptn.event.ticket.triggered\n      subscriptionID: a\n      ${entry}\n`,
    );
    const triggered = await world.event('ticket', data);
    const settings = { webhookAllowedHosts: [`127.0.0.1:${port}`], webhookTimeoutMs: 2_000, ...options };
    return inContext(world.activities({ options: settings }).runWebhook, { triggered });
  };

  it('send rendered requests and give their answers to the task', async () => {
    const finished = await run(
      `sendFinished: true
${ENV}
requests:
  - url: http://HOST/tickets/{{.data.project}}
    method: POST
    headers: [{ key: x-token, value: '{{.env.secretKey}}' }, { key: Content-Type, value: application/json }]
    payload: '{"text":"{{index .data.labels "build id"}}","stage":"{{.data.stage}}"}'
  - { url: http://HOST/text, method: GET }`,
      { data: { labels: { 'build id': '7' } } },
    );
    assert.deepEqual(finished, {
      status: 'succeeded',
      result: 'pass',
      message: '',
      data: { ticket: { responses: [{ ticket: 7 }, 'token ***'] } },
    });
    const [first] = seen;
    assert.deepEqual([first?.method, first?.url], ['POST', '/tickets/sockshop']);
    assert.equal(first?.headers['x-token'], 'tops3cret');
    assert.deepEqual(JSON.parse(first?.body ?? ''), { text: '7', stage: 'dev' });
  });

  it('carry out curl texts without curl, and say that the called system answers', async () => {
    const finished = await run(
      `requests:
  - "curl --header 'x-a: {{.data.service}}' -X PUT -d '{\\"a\\":1}' http://HOST/curl"
  - curl -L http://HOST/plain`,
    );
    assert.equal((finished as { answersExpected?: number }).answersExpected, 2);
    assert.deepEqual(
      seen.map(({ method, url, body }) => [method, url, body]),
      [
        ['PUT', '/curl', '{"a":1}'],
        ['GET', '/plain', ''],
      ],
    );
    assert.equal(seen[0]?.headers['x-a'], 'carts');
    assert.equal(seen[0]?.headers['content-type'], 'application/x-www-form-urlencoded');
  });

  it('give nothing of the event to a shell or to other parts of the request', async () => {
    const evil = '$(touch /tmp/x); `id` \r\nx-evil: 1';
    await run(`requests: ["curl -H 'x-a: {{.data.evil}}' http://HOST/x"]`, { data: { evil } });
    assert.equal(seen[0]?.headers['x-evil'], undefined);
    assert.equal(seen[0]?.headers['x-a'], '$(touch /tmp/x); `id`   x-evil: 1');
  });

  it('are errored with masked secrets when a request fails, and send nothing more', async () => {
    const cases: [string, RegExp][] = [
      ['/bad', /GET http:\/\/127\.0\.0\.1:\d+\/bad answered 422: no, \*\*\*$/],
      ['/away', /answered 302/],
      ['/large', /answered more than 65536 bytes/],
      ['/silent', /did not answer within 0\.2 s/],
      ['/{{.data.nope}}', /the event has no value at "nope"/],
    ];
    for (const [path, message] of cases) {
      seen.length = 0;
      const finished = await run(
        `${ENV}\nrequests: [{ url: 'http://HOST${path}', method: GET }, { url: http://HOST/next, method: GET }]`,
        { options: { webhookTimeoutMs: 200 } },
      );
      assert.deepEqual([finished.status, finished.result], ['errored', 'fail'], path);
      assert.match(finished.message, message);
      assert.ok(!seen.some(({ url }) => url === '/next'));
    }
  });

  it('follow redirects to the same host only', async () => {
    const finished = await run('requests: [curl --location http://HOST/away]');
    assert.match(finished.message, /redirected to another host, 127\.0\.0\.2/);
  });

  it('do not call this machine unless an operator allows it', async () => {
    for (const host of ['HOST', `localhost:${port}`]) {
      const finished = await run(`requests: [{ url: http://${host}/x, method: GET }]`, {
        options: { webhookAllowedHosts: [] },
      });
      assert.match(finished.message, /webhooks must not call/);
    }
    assert.deepEqual(seen, []);
  });

  it('are not sent again after the worker was lost in the middle', async () => {
    await run('requests: [{ url: http://HOST/x, method: GET }]');
    seen.length = 0;
    const triggered = await world.event('ticket');
    const environment = new MockActivityEnvironment({ attempt: 2, heartbeatDetails: 'sending requests' });
    const { runWebhook } = world.activities();
    const finished: TaskFinished = await environment.run(runWebhook, { triggered });
    assert.match(finished.message, /Whether the request arrived is unknown/);
    assert.deepEqual(seen, []);
  });

  it('are carried out beside an entry that cannot be, which fails with its place', async () => {
    const settings = { webhookAllowedHosts: [`127.0.0.1:${port}`], webhookTimeoutMs: 2_000 };
    const entry = (type: string, url: string) =>
      `    - type: sh.keptn.event.${type}.triggered\n      subscriptionID: a\n      sendFinished: true\n      requests: ['curl ${url}']\n`;
    await world.write(
      'webhook/webhook.yaml',
      `${HEAD}${entry('broken', 'http://a.example/{{oops}}')}${entry('ticket', `http://127.0.0.1:${port}/ok`)}`,
    );
    const { runWebhook } = world.activities({ options: settings });
    const good = await inContext(runWebhook, { triggered: await world.event('ticket', {}) });
    assert.equal(good.result, 'pass');
    const bad = await inContext(runWebhook, { triggered: await world.event('broken', {}) });
    assert.equal(bad.status, 'errored');
    assert.match(
      bad.message,
      /webhook sh\.keptn\.event\.broken\.triggered: webhook\/webhook\.yaml:8:18: .*function "oops" is not supported/,
    );
  });

  it('are called on every level, of one subscription only the nearest, and one that fails keeps no other back', async () => {
    const settings = { webhookAllowedHosts: [`127.0.0.1:${port}`], webhookTimeoutMs: 2_000 };
    const entry = (id: string, path: string) =>
      `    - { type: sh.keptn.event.note.triggered, subscriptionID: ${id}, sendFinished: true, requests: ['curl http://127.0.0.1:${port}${path}'] }\n`;
    await world.write('webhook/webhook.yaml', `${HEAD}${entry('one', '/service')}`);
    await world.write(
      'webhook/webhook.yaml',
      `${HEAD}${entry('one', '/hidden')}${entry('two', '/bad')}`,
      'stage',
    );
    await world.write(
      'webhook/webhook.yaml',
      `${HEAD}${entry('two', '/hidden')}${entry('three', '/project')}`,
      'project',
    );
    const { runWebhook } = world.activities({ options: settings });
    const finished = await inContext(runWebhook, { triggered: await world.event('note', {}) });
    assert.deepEqual(
      seen.map(({ url }) => url),
      ['/service', '/bad', '/project'],
    );
    assert.equal(finished.status, 'errored');
    assert.match(finished.message, /\/bad answered 422/);
    for (const level of ['stage', 'project'] as const)
      await world.write(
        'webhook/webhook.yaml',
        `${HEAD}${entry('none', '/none').replace('note', 'none')}`,
        level,
      );
  });

  it('say which secret is missing', async () => {
    const finished = await run(
      `${ENV.replace('key: token', 'key: nope')}\nrequests: [{ url: http://HOST/x, method: GET }]`,
    );
    assert.match(finished.message, /takes the key nope of the secret ticket-secret, which is not there/);
  });
});

describe('the guard of webhooks', () => {
  const guard = new WebhookGuard({ allowed: ['127.0.0.1:8080'], denied: ['*.corp.example'] });
  const refuses = (address: string) =>
    assert.throws(() => guard.check(new URL(address)), /must not call|http and https/, address);

  it('refuses loopback, link-local, metadata and cluster addresses in every spelling', () => {
    for (const host of [
      'localhost',
      'LOCALHOST',
      'localhost.',
      'a.localhost',
      '127.0.0.1',
      '127.1',
      '0x7f000001',
      '2130706433',
      '0.0.0.0',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '[::]',
      '[fe80::1]',
      '169.254.169.254',
      '[::ffff:a9fe:a9fe]',
      'metadata.google.internal',
      'kubernetes',
      'kubernetes.default.svc',
      'a.b.svc.cluster.local',
      'a.b.svc',
      'x.corp.example',
    ]) {
      refuses(`http://${host}/`);
    }
    refuses('ftp://example.com/');
    refuses('file:///etc/passwd');
  });

  it('lets other hosts and those that an operator allows pass', () => {
    guard.check(new URL('https://hooks.example.com/x'));
    guard.check(new URL('http://10.1.2.3/x'));
    guard.check(new URL('http://127.0.0.1:8080/x'));
    refuses('http://127.0.0.1:8081/x');
  });

  it('refuses a name that resolves to this machine', async () => {
    await assert.rejects(guard.resolve(new URL('http://localhost/')), /must not call localhost/);
  });
});
