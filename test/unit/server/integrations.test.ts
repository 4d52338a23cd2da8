import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Api } from './api.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('the API for integrations', function () {
  this.timeout(120_000);
  const api = new Api();
  before(async () => {
    await api.start();
    await api.project('tour');
  });
  after(() => api.stop());
  const registration = '/controlPlane/v1/uniform/registration';
  const greetings = (
    name: string,
    hostname = 'node-a',
    subscriptions: unknown = [
      { id: '', event: 'sh.keptn.event.greeting.triggered', filter: { projects: null, stages: ['qa'] } },
    ],
  ) => ({
    id: '',
    name,
    metadata: {
      hostname,
      integrationversion: '1.2.3',
      location: 'remote-execution-plane',
      kubernetesmetadata: { namespace: 'keptn', podname: 'p', deploymentname: name },
      lastseen: '0001-01-01T00:00:00Z',
    },
    subscriptions,
  });
  const ping = (id: string) => api.send('PUT', `/api${registration}/${id}/ping`);

  it('registers once by name and namespace, keeps the first subscriptions, and answers them on ping', async () => {
    const first = await api.post(registration, greetings('greetings'));
    const id = createHash('sha1').update('greetings-keptn-node-a').digest('hex');
    assert.deepEqual([first.status, first.json], [201, { id }]);
    const second = await api.post(registration, greetings('greetings', 'node-b', null));
    assert.deepEqual([second.status, second.json], [200, { id }]);
    const { status, json } = await ping(id);
    assert.equal(status, 200);
    const [subscription] = json.subscriptions as { [key: string]: unknown }[];
    assert.match(String(subscription?.id), /^[0-9a-f-]{36}$/);
    assert.deepEqual(subscription?.filter, { projects: [], stages: ['qa'], services: [] });
    const metadata = json.metadata as { [key: string]: unknown };
    assert.equal(metadata.hostname, 'node-b');
    assert.ok(String(metadata.lastseen).startsWith('20'));
    const again = (await ping(id)).json.subscriptions as { id: string }[];
    assert.equal(again[0]?.id, subscription?.id);
  });

  it('refuses a registration without name, namespace or host, and a ping of an unknown id', async () => {
    for (const body of [{}, { ...greetings('x'), metadata: {} }, { ...greetings(''), metadata: null }]) {
      const { status, json } = await api.post(registration, body);
      assert.equal(status, 400);
      assert.match(String(json.message), /^incomplete integration ID/);
    }
    const { status, json } = await ping('nope');
    assert.deepEqual([status, json.code], [404, 404]);
  });

  it('adds, changes and removes subscriptions, and lists integrations by filter', async () => {
    const { id } = (await api.post(registration, greetings('editable', 'node-a', []))).json as { id: string };
    const path = `${registration}/${id}/subscription`;
    const made = await api.post(path, {
      event: 'sh.keptn.event.a.triggered',
      filter: { projects: ['tour'] },
    });
    assert.equal(made.status, 201);
    const sid = String(made.json.id);
    const put = (event: string, one: string) =>
      api.send('PUT', `/api${path}/${one}`, { event, filter: null });
    assert.deepEqual((await put('sh.keptn.event.b.triggered', sid)).json, { id: sid });
    assert.deepEqual((await put('sh.keptn.event.c.triggered', 'own')).status, 201);
    assert.equal((await api.get(`${path}/${sid}`)).json.event, 'sh.keptn.event.b.triggered');
    assert.equal(((await api.get(path)).json as unknown as unknown[]).length, 2);
    assert.deepEqual((await api.send('DELETE', `/api${path}/${sid}`)).json, {});
    assert.equal((await api.get(`${path}/${sid}`)).status, 404);
    const list = async (query: string): Promise<number> =>
      ((await api.get(`${registration}?${query}`)).json as unknown as unknown[]).length;
    assert.equal(await list('name=editable'), 1);
    assert.equal(await list('name=editable&namespace=other'), 0);
    assert.equal(await list('stage=qa'), 1);
    assert.deepEqual((await api.send('DELETE', `/api${registration}/${id}`)).json, {});
    assert.equal(await list('name=editable'), 0);
  });

  it('forgets an integration a minute after its last ping', async () => {
    const { id } = (await api.post(registration, greetings('silent'))).json as { id: string };
    api.now = () => new Date(Date.now() + 59_000);
    assert.equal((await ping(id)).status, 200);
    api.now = () => new Date(Date.now() + 62_000);
    assert.equal((await ping(id)).status, 404);
    api.now = () => new Date();
  });

  it('keeps log entries with the time of their arrival', async () => {
    const logs = [
      {
        integrationid: 'int',
        message: 'failed',
        task: 'greeting',
        time: '0001-01-01T00:00:00Z',
        triggeredid: null,
      },
    ];
    assert.deepEqual((await api.post('/controlPlane/v1/log', { logs })).json, {});
    const { json } = await api.get('/controlPlane/v1/log?integrationId=int&pageSize=1');
    const [entry] = json.logs as { [key: string]: unknown }[];
    assert.equal(entry?.message, 'failed');
    assert.ok(String(entry?.time).startsWith('20'));
    assert.deepEqual([json.totalCount, json.nextPageKey, json.pageSize], [1, 0, 1]);
  });

  describe('resources', () => {
    const service = '/resource-service/v1/project/tour/stage/qa/service/svc/resource';
    const put = (path: string, resourceURI: string, text: string) =>
      api.post(path, {
        resources: [{ resourceURI, ...(text === '' ? {} : { resourceContent: base64(text) }) }],
      });

    it('stores and reads a file under every way of writing its path', async () => {
      const made = await put(service, './helm/sub dir/endpoints+x.yaml', 'content');
      assert.equal(made.status, 201);
      assert.match(String(made.json.commitID), /^[0-9a-f]{40}$/);
      assert.equal((made.json.metadata as { version: string }).version, made.json.commitID);
      for (const uri of [
        'helm%2Fsub+dir%2Fendpoints%2Bx.yaml',
        'helm%252Fsub%2Bdir%252Fendpoints%252Bx.yaml',
        'helm/sub%20dir/endpoints%2Bx.yaml',
      ]) {
        const { status, json, text } = await api.get(`${service}/${uri}`);
        assert.equal(status, 200, `${uri} ${text}`);
        assert.equal(Buffer.from(String(json.resourceContent), 'base64').toString(), 'content');
      }
      await put(service, 'helm/a.yaml', 'plain');
      for (const uri of ['helm%2Fa.yaml', 'helm%252Fa.yaml', 'helm/a.yaml']) {
        assert.equal((await api.get(`${service}/${uri}`)).status, 200, uri);
      }
    });

    it('stores at the level of project, stage and service, also with the double slash of the command line', async () => {
      const levels = [
        '/resource-service/v1/project/tour//resource',
        '/resource-service/v1/project/tour/stage/qa/resource',
        service,
      ];
      for (const [n, path] of levels.entries())
        assert.equal((await put(path, 'slo.yaml', `level ${n}`)).status, 201);
      for (const [n, path] of levels.entries()) {
        const { json } = await api.get(`${path}/slo.yaml`);
        assert.equal(Buffer.from(String(json.resourceContent), 'base64').toString(), `level ${n}`);
      }
      assert.equal((await put(service, 'empty.txt', '')).status, 201);
      assert.equal((await api.get(`${service}/empty.txt`)).json.resourceContent, '');
    });

    it('reads at a commit, updates, lists and deletes', async () => {
      const path = `/api${service}/sli.yaml`;
      const first = await api.send('PUT', path, { resourceContent: base64('one') });
      assert.equal(first.status, 200);
      await api.send('PUT', path, { resourceContent: base64('two') });
      const at = async (query: string): Promise<string> =>
        Buffer.from(
          String((await api.send('GET', `${path}${query}`)).json.resourceContent),
          'base64',
        ).toString();
      assert.equal(await at(`?gitCommitID=${first.json.commitID}`), 'one');
      assert.equal(await at('?gitCommitID='), 'two');
      assert.equal(await at('?gitCommitID=""'), 'two');
      assert.equal((await api.send('GET', `${path}?gitCommitID=${'f'.repeat(40)}`)).status, 404);
      const list = (await api.get(service)).json;
      type Listed = { resourceURI: string; metadata: { version: string; branch: string } };
      const files = list.resources as Listed[];
      assert.ok(files.some((one) => one.resourceURI === 'sli.yaml'));
      for (const { metadata } of files) {
        assert.match(metadata.version, /^[0-9a-f]{40}$/);
        assert.equal(metadata.branch, 'qa');
      }
      const older = (await api.get(`${service}?gitCommitID=${first.json.commitID}`)).json;
      const [one] = older.resources as Listed[];
      assert.equal(one?.metadata.version, first.json.commitID);
      const unknown = await api.get(service.replace(/\/resource$/, 'x/resource'));
      assert.equal(unknown.status, 404);
      assert.equal(unknown.json.message, 'Service not found');
      assert.equal((await api.get(`${service}?pageSize=1`)).json.nextPageKey, '1');
      assert.equal((await api.send('DELETE', path)).status, 200);
      assert.equal((await api.send('DELETE', path)).status, 404);
      assert.equal((await api.send('GET', path)).status, 404);
    });

    it('reads and writes a path that begins with a slash below its scope, escaped once or twice', async () => {
      await put('/resource-service/v1/project/tour/stage/qa/resource', '/webhook/webhook.yaml', 'hooks');
      for (const path of [
        'webhook%2Fwebhook.yaml',
        '%2Fwebhook%2Fwebhook.yaml',
        '%252Fwebhook%252Fwebhook.yaml',
      ]) {
        const { json } = await api.get(`/resource-service/v1/project/tour/stage/qa/resource/${path}`);
        assert.equal(json.resourceURI, 'webhook/webhook.yaml', path);
      }
      assert.equal((await put(service, '/', 'a')).status, 400);
      const older = await api.get(
        '/configuration-service/v1/project/tour/stage/qa/resource/webhook%2Fwebhook.yaml',
      );
      assert.equal(older.json.resourceURI, 'webhook/webhook.yaml');
    });

    it('refuses what leads elsewhere, is no base64, is too large, or belongs nowhere', async () => {
      assert.equal((await put(service, '../x', 'a')).status, 400);
      assert.equal((await put(service, 'a~b', 'a')).status, 400);
      assert.equal((await api.get(`${service}/..%2Fx`)).status, 400);
      assert.equal((await api.get(`${service}/%252e%252e%252Fx`)).status, 400);
      const text = await api.post(service, {
        resources: [{ resourceURI: 'x', resourceContent: 'not base64!' }],
      });
      assert.match(String(text.json.message), /not base64/);
      assert.equal((await put(service, 'big', 'x'.repeat(5 * 1024 * 1024 + 1))).status, 413);
      assert.equal((await put(service, 'big', 'x'.repeat(6 * 1024 * 1024))).status, 413);
      for (const [path, message] of [
        ['/resource-service/v1/project/tour/stage/nope/service/svc/resource', 'Stage not found'],
        ['/resource-service/v1/project/nope/resource', 'Project not found'],
        ['/resource-service/v1/project/tour/stage/qa/service/nope/resource', 'Service not found'],
      ] as const) {
        assert.deepEqual((await put(path, 'x', 'a')).json, { code: 404, message });
      }
    });
  });

  it('keeps secrets: values go in and never come out', async () => {
    const path = '/secrets/v1/secret';
    const secret = { name: 'my-secret', scope: 'keptn-default', data: { user: 'joe', pw: 'a=b c' } };
    const made = await api.post(path, secret);
    assert.equal(made.status, 201);
    assert.ok(!made.text.includes('a=b c'));
    assert.deepEqual((await api.post(path, secret)).json, {
      code: 409,
      message: 'Unable to create secret: secret already exists',
    });
    assert.deepEqual((await api.post(path, { ...secret, scope: 'nope' })).json, {
      code: 400,
      message: 'Unable to create secret: scope not found',
    });
    const update = (name: string) =>
      api.send('PUT', `/api${path}`, { ...secret, name, data: { user: 'jack' } });
    assert.equal((await update('my-secret')).status, 200);
    assert.deepEqual((await update('nope')).json, {
      code: 404,
      message: 'Unable to update secret: secret not found',
    });
    assert.deepEqual((await api.get(path)).json, {
      Secrets: [{ name: 'my-secret', scope: 'keptn-default', keys: ['user'] }],
    });
    assert.ok(((await api.get('/secrets/v1/scope')).json.scopes as string[]).includes('dynatrace-service'));
    const remove = () => api.send('DELETE', `/api${path}?name=my-secret&scope=keptn-default`);
    assert.equal((await remove()).status, 200);
    assert.deepEqual((await remove()).json, {
      code: 404,
      message: 'Unable to delete secret: secret not found',
    });
  });
});
