import assert from 'node:assert/strict';
import { SlipwayClient } from '../../../src/client/index.ts';
import { Api, TOKEN } from './api.ts';

describe('a rollback over the API', function () {
  this.timeout(30_000);
  const api = new Api();
  before(async () => {
    await api.start();
    await api.project('tour');
  });
  after(() => api.stop());

  it('is started by the SDK, with who asked and why', async () => {
    const client = new SlipwayClient({ endpoint: `${api.url}/api`, token: TOKEN });
    const scope = { project: 'tour', stage: 'production', service: 'carts' };
    assert.deepEqual(await client.rollback({ ...scope, by: 'ada', reason: 'errors' }), {
      keptnContext: 'new',
      stage: 'production',
      sequence: 'rollback',
      releaseContext: 'old',
    });
    assert.deepEqual(api.runs.rollbacks, [{ ...scope, by: 'ada', reason: 'errors' }]);
  });

  it('wants a known project and stage', async () => {
    const path = (project: string, stage: string) =>
      `/slipway/v1/project/${project}/stage/${stage}/service/carts/rollback`;
    assert.equal((await api.post(path('no', 'qa'), {})).status, 404);
    const { status, json } = await api.post(path('tour', 'nowhere'), {});
    assert.equal(status, 404);
    assert.match(String(json.message), /Stage not found: nowhere/);
    assert.equal((await api.post(path('tour', 'qa'), { reason: 7 })).status, 400);
  });
});
