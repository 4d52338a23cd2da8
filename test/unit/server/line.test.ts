import assert from 'node:assert/strict';
import { SlipwayClient } from '../../../src/client/index.ts';
import { Api, TOKEN } from './api.ts';

describe('the line of a project over the API', function () {
  this.timeout(30_000);
  const api = new Api();
  before(async () => {
    await api.start();
    await api.project('tour');
  });
  after(() => api.stop());

  it('is stopped with a reason, shown with the project, and resumed', async () => {
    const client = new SlipwayClient({ endpoint: `${api.url}/api`, token: TOKEN });
    assert.equal((await client.project('tour')).line, undefined);
    const stopped = await client.stopLine({ project: 'tour', reason: 'fire', by: 'ada' });
    assert.deepEqual([stopped.state, stopped.reason, stopped.by], ['stopped', 'fire', 'ada']);
    const { line } = await client.project('tour');
    assert.deepEqual([line?.state, line?.reason, line?.by], ['stopped', 'fire', 'ada']);
    assert.deepEqual((await client.projects())[0]?.line, line);
    await assert.rejects(client.stopLine({ project: 'tour', reason: 'more' }), /stopped already/);
    assert.equal((await client.resumeLine({ project: 'tour' })).state, 'running');
    assert.equal((await client.project('tour')).line, undefined);
    await assert.rejects(client.resumeLine({ project: 'tour' }), /is not stopped/);
  });

  it('wants a known project, a state and a reason', async () => {
    const path = '/slipway/v1/project/tour/line';
    assert.equal((await api.post(path, { state: 'stopped' })).status, 400);
    assert.equal((await api.post(path, { state: 'off', reason: 'x' })).status, 400);
    assert.equal(
      (await api.post('/slipway/v1/project/no/line', { state: 'stopped', reason: 'x' })).status,
      404,
    );
    assert.equal((await api.get(path)).json.state, 'running');
    const event = {
      type: 'io.slipway.line.changed',
      specversion: '1.0',
      source: 'x',
      data: { project: 'tour' },
    };
    assert.equal((await api.post('/v1/event', event)).status, 400);
  });
});
