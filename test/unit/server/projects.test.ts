import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api, delivery, SHIPYARD, TOKEN } from './api.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('the API of projects, stages and services', function () {
  this.timeout(60_000);
  const api = new Api();
  before(() => api.start());
  after(() => api.stop());

  it('answers auth by POST and GET with an empty body, and metadata with automatic provisioning', async () => {
    for (const method of ['POST', 'GET']) {
      const { status, text } = await api.send(method, '/api/v1/auth');
      assert.deepEqual([status, text], [200, '']);
    }
    const { json } = await api.get('/v1/metadata');
    assert.equal(json.automaticprovisioning, true);
    assert.equal(json.keptnversion, '1.4.5');
    assert.equal(json.shipyardversion, '0.2.0');
  });

  it('refuses a wrong token in the words of each family, and the third wrong one in a row for being too many', async () => {
    const wrong = (path: string) => api.send('GET', path, undefined, { 'x-token': 'wrong' });
    const first = await wrong('/api/v1/auth');
    assert.deepEqual([first.status, first.json], [401, { code: 401, message: 'incorrect api key auth' }]);
    const second = await wrong('/api/controlPlane/v1/project');
    assert.deepEqual(second.json, { code: 401, message: 'unauthenticated or invalid credentials' });
    const third = await wrong('/api/controlPlane/v1/project');
    assert.deepEqual([third.status, third.json], [429, { code: 429, message: 'too many requests' }]);
    assert.equal((await api.get('/controlPlane/v1/project')).status, 200);
    const bearer = await api.send('GET', '/api/controlPlane/v1/project', undefined, {
      'x-token': '',
      authorization: `Bearer ${TOKEN}`,
    });
    assert.equal(bearer.status, 200);
  });

  it('has no pages of its own at /bridge, which Keptn’s command line shows, and asks no token to say so', async () => {
    for (const path of ['/bridge', '/bridge/project/tour']) {
      const { status, json } = await api.send('GET', path, undefined, { 'x-token': '' });
      assert.equal(status, 404);
      assert.match(String(json.message), /SLIPWAY_WEB_UI/);
    }
    // Refused for its token, whatever the count of wrong ones.
    const other = await api.send('GET', '/bridgehead', undefined, { 'x-token': '' });
    assert.ok([401, 429].includes(other.status), String(other.status));
  });

  it('serves every path with and without /api, and with repeated slashes, without a redirect', async () => {
    for (const path of ['/v1/metadata', '/api//v1/metadata', '//api/v1/metadata/', '/api/v1/metadata?x=//']) {
      assert.equal((await api.send('GET', path)).status, 200, path);
    }
    for (const path of ['/api', '/api/', '/', '/health', '/ready']) {
      assert.equal((await api.send('GET', path, undefined, { 'x-token': '' })).status, 200, path);
    }
    const missing = await api.get('/v1/nope%2F');
    assert.equal(missing.status, 404);
    assert.deepEqual(Object.keys(missing.json).sort(), ['code', 'message']);
    assert.ok(!missing.text.includes('%'));
    assert.equal((await api.get('/controlPlane/v1/project/%zz')).json.code, 400);
  });

  it('creates a project once, and says what is wrong with a bad one', async () => {
    const create = (body: unknown) => api.post('/controlPlane/v1/project', body);
    const made = await create({ name: 'tour', shipyard: base64(SHIPYARD) });
    assert.deepEqual([made.status, made.text], [201, '']);
    const again = await create({ name: 'tour', shipyard: base64(SHIPYARD) });
    assert.deepEqual(again.json, {
      code: 409,
      message: "could not create project 'tour': project already exists",
    });
    const name = await create({ name: 'Bad_Name', shipyard: base64(SHIPYARD) });
    assert.deepEqual(name.json, {
      code: 400,
      message: 'Could not validate payload: provided project name is not a valid Keptn entity name',
    });
    const old = await create({
      name: 'old',
      shipyard: base64('apiVersion: "0.1.0"\nkind: Shipyard\nspec:\n  stages: []'),
    });
    assert.equal(old.status, 400);
    assert.match(
      String(old.json.message),
      /^Could not validate payload: provided shipyard file is not valid: shipyard\.yaml:1:\d+: error: /,
    );
    for (const [body, message] of [
      [{ shipyard: base64(SHIPYARD) }, 'project name missing'],
      [
        { name: 'x'.repeat(201), shipyard: base64(SHIPYARD) },
        'project name exceeds maximum size of 200 characters',
      ],
      [{ name: 'x', shipyard: '' }, 'shipyard must contain a valid shipyard spec encoded in base64'],
      [
        {
          name: 'x',
          shipyard: base64(SHIPYARD),
          gitCredentials: {
            remoteURL: 'https://a.example/b',
            https: { token: 't' },
            ssh: { privateKey: '' },
          },
        },
        'SSH and HTTPS authorization cannot be used together',
      ],
    ] as const) {
      const { json } = await create(body);
      assert.deepEqual(json, { code: 400, message: `Could not validate payload: ${message}` });
    }
    const unknown = await create({ name: 'x', shipyard: base64(SHIPYARD), colour: 'red' });
    assert.match(String(unknown.json.message), /^Invalid request format: .*colour/);
    const notBase64 = await create({ name: 'x', shipyard: 'öö' });
    assert.match(String(notBase64.json.message), /not base64/);
    const broken = await create('{"name":');
    assert.equal(broken.status, 400);
    assert.match(String(broken.json.message), /^Invalid request format: /);
    const poisoned = await create('{"name":"x","__proto__":{"a":1}}');
    assert.equal(poisoned.status, 400);
  });

  it('shows the stages of one project in the order of the shipyard, and sorted by name in the list', async () => {
    await api.project('ordered');
    const { json } = await api.get('/controlPlane/v1/project/ordered');
    assert.equal(json.shipyard, SHIPYARD);
    assert.match(String(json.creationDate), /^\d{19}$/);
    assert.equal(json.isUpstreamAutoProvisioned, true);
    const stages = json.stages as { [key: string]: unknown }[];
    assert.deepEqual(
      stages.map((stage) => [stage.stageName, stage.parentStages]),
      [
        ['qa', []],
        ['production', ['qa']],
      ],
    );
    const list = (await api.get('/controlPlane/v1/project/ordered/stage')).json;
    assert.deepEqual(
      (list.stages as { stageName: string }[]).map((stage) => stage.stageName),
      ['production', 'qa'],
    );
    assert.equal(list.nextPageKey, '0');
    assert.deepEqual((await api.get('/controlPlane/v1/project/nope/stage')).json, {
      code: 404,
      message: 'project not found',
    });
    assert.deepEqual((await api.get('/controlPlane/v1/project/nope')).json, {
      code: 404,
      message: 'Project not found: nope',
    });
  });

  it('tells the newest events of a service with times in nanoseconds, like creation dates', async () => {
    await api.project('seen', 'svc');
    const { json: sent } = await api.post('/v1/event', delivery('seen'));
    const [event] = (await api.store.events({ keptnContext: String(sent.keptnContext), limit: 1, offset: 0 }))
      .events;
    assert.ok(event);
    const { json } = await api.get('/controlPlane/v1/project/seen/stage/qa/service/svc');
    assert.deepEqual(json.lastEventTypes, {
      [event.type]: {
        eventId: event.id,
        keptnContext: event.shkeptncontext,
        time: `${Date.parse(event.time)}000000`,
      },
    });
  });

  it('pages the list of projects by a key that is a string', async () => {
    await api.project('page-a');
    await api.project('page-b');
    const first = (await api.get('/controlPlane/v1/project?pageSize=1')).json;
    assert.equal(first.nextPageKey, '1');
    const second = (await api.get('/controlPlane/v1/project?pageSize=1&nextPageKey=1')).json;
    const names = [first, second].map((page) => (page.projects as { projectName: string }[])[0]?.projectName);
    assert.deepEqual(names, [...names].sort());
    assert.notEqual(names[0], names[1]);
    assert.equal((await api.get('/controlPlane/v1/project?pageSize=0')).status, 400);
    assert.equal((await api.get('/controlPlane/v1/project?nextPageKey=x')).status, 400);
  });

  it('creates and deletes services in the words of Keptn', async () => {
    await api.project('services', 'one');
    const create = (project: string, serviceName: string) =>
      api.post(`/controlPlane/v1/project/${project}/service`, { serviceName });
    assert.deepEqual((await create('services', 'one')).json, {
      code: 409,
      message: 'service already exists',
    });
    assert.deepEqual((await create('nope', 'one')).json, {
      code: 500,
      message: 'could not get stages of project nope: project not found',
    });
    assert.equal((await create('services', 'x'.repeat(44))).status, 400);
    assert.deepEqual((await api.post('/controlPlane/v1/project/services/service', {})).json, {
      code: 400,
      message: 'must provide a service name',
    });
    for (const name of ['', 'a/b', '.hidden', 'a b', 'ä']) {
      assert.equal((await create('services', name)).status, 400, name);
    }
    for (const name of ['Carts', 'carts_db', 'carts.v2', '2nd']) {
      assert.equal((await create('services', name)).status, 200, name);
      const removed = await api.send('DELETE', `/api/controlPlane/v1/project/services/service/${name}`);
      assert.equal(removed.status, 200, name);
    }
    const list = await api.get('/controlPlane/v1/project/services/stage/qa/service');
    assert.deepEqual(
      (list.json.services as { [key: string]: unknown }[]).map((one) => [
        one.serviceName,
        one.openRemediations,
      ]),
      [['one', null]],
    );
    assert.deepEqual((await api.get('/controlPlane/v1/project/services/stage/nope/service')).json, {
      code: 404,
      message: 'stage not found',
    });
    const remove = () => api.send('DELETE', '/api/controlPlane/v1/project/services/service/one');
    api.runs.undeployed.length = 0;
    assert.deepEqual((await remove()).json, { message: '' });
    assert.deepEqual((await remove()).json, { message: '' });
    // Asked again each time: the call before may not have come so far.
    const deleted = { project: 'services', service: 'one', stages: ['qa', 'production'] };
    assert.deepEqual(api.runs.undeployed, [deleted, deleted]);
    assert.deepEqual((await api.send('DELETE', '/api/controlPlane/v1/project/nope/service/one')).json, {
      code: 500,
      message: 'could not retrieve stages of project nope: project not found',
    });
  });

  it('keeps an upstream without showing its token, and says when it cannot be reached', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'slipway-api-upstream-'));
    execFileSync('git', ['init', '--bare', '--quiet', directory]);
    await api.project('upstream');
    const update = (gitCredentials: unknown) =>
      api.send('PUT', '/api/controlPlane/v1/project', { name: 'upstream', shipyard: null, gitCredentials });
    const https = { token: 'hidden-token', insecureSkipTLS: false };
    assert.equal((await update({ remoteURL: `file://${directory}`, user: 'joe', https })).status, 201);
    const shown = await api.get('/controlPlane/v1/project/upstream');
    assert.deepEqual(shown.json.gitCredentials, { remoteURL: `file://${directory}`, user: 'joe' });
    assert.ok(!shown.text.includes('hidden-token'));
    assert.ok(!(await api.get('/secrets/v1/secret')).text.includes('slipway-git'));
    const bad = await update({ remoteURL: '/srv/git', user: 'joe' });
    assert.equal(bad.status, 400);
    assert.match(
      String(bad.json.message),
      /^Could not validate payload: provided gitRemoteURL is not valid: Invalid RemoteURL/,
    );
    for (const proxy of [{ url: 'p:1', scheme: 'ftp' }, { url: 'a b' }, { url: 'p:1/path' }]) {
      const refused = await update({ remoteURL: 'https://git.example/x', https: { token: 'a', proxy } });
      assert.equal(refused.status, 422, JSON.stringify(proxy));
      assert.match(String(refused.json.message), /^The proxy of the Git credentials/);
    }
    const gone = await update({ remoteURL: `file://${directory}-gone`, user: 'joe', https });
    assert.equal(gone.status, 424);
    assert.ok(!gone.text.includes('hidden-token'));
    const missing = await api.send('PUT', '/api/controlPlane/v1/project', { name: 'nope', shipyard: null });
    assert.deepEqual(missing.json, { code: 404, message: 'project not found' });
    const invalid = { name: 'nope', shipyard: base64('kind: Shipyard') };
    assert.equal((await api.send('PUT', '/api/controlPlane/v1/project', invalid)).status, 400);
    rmSync(directory, { recursive: true });
  });

  it('takes a new shipyard, also as a resource, unless its stages differ', async () => {
    await api.project('reshaped');
    const changed = SHIPYARD.replace('name: "remediation"', 'name: "rollback"');
    const put = (shipyard: string) =>
      api.send('PUT', '/api/controlPlane/v1/project', { name: 'reshaped', shipyard: base64(shipyard) });
    assert.equal((await put(changed)).status, 201);
    assert.equal((await api.get('/controlPlane/v1/project/reshaped')).json.shipyard, changed);
    const renamed = await put(SHIPYARD.replace('name: "production"', 'name: "prod"'));
    assert.equal(renamed.status, 400);
    assert.match(String(renamed.json.message), /renaming of stages/);
    const add = (text: string) =>
      api.post('/resource-service/v1/project/reshaped//resource', {
        resources: [{ resourceURI: './shipyard.yaml', resourceContent: base64(text) }],
      });
    assert.equal((await add(SHIPYARD)).status, 201);
    assert.equal((await api.get('/controlPlane/v1/project/reshaped')).json.shipyard, SHIPYARD);
    assert.equal((await add('kind: nonsense')).status, 400);
    assert.equal((await api.get('/controlPlane/v1/project/reshaped')).json.shipyard, SHIPYARD);
  });

  it('deletes a project and aborts what runs for it; an unknown one is deleted as well', async () => {
    await api.project('doomed');
    await api.post('/v1/event', delivery('doomed'));
    await api.store.saveSequenceState({
      project: 'doomed',
      stage: 'qa',
      service: 'svc',
      keptnContext: 'c1',
      sequence: 'delivery',
      workflowId: 'w1',
      state: 'started',
      time: new Date().toISOString(),
    });
    const { status, json } = await api.send('DELETE', '/api/controlPlane/v1/project/doomed');
    assert.equal(status, 200);
    assert.match(String(json.message), /doomed-qa/);
    assert.deepEqual(api.runs.controlled.at(-1), { project: 'doomed', keptnContext: 'c1', state: 'abort' });
    assert.equal((await api.get('/controlPlane/v1/project/doomed')).status, 404);
    assert.equal((await api.get('/mongodb-datastore/event?project=doomed')).json.totalCount, 0);
    const again = await api.send('DELETE', '/api/controlPlane/v1/project/doomed');
    assert.equal(again.status, 200);
    assert.match(String(again.json.message), /cannot be retrieved anymore/);
    await api.project('doomed');
  });

  it('describes its paths as OpenAPI', async () => {
    const { json } = await api.get('/openapi.json');
    assert.equal(json.openapi, '3.1.0');
    assert.ok('/controlPlane/v1/project/{project}' in (json.paths as object));
  });
});
