import assert from 'node:assert/strict';
import { SlipwayClient } from '../../../src/client/index.ts';
import { Api, TOKEN } from './api.ts';

describe('the list of what runs wait for', function () {
  this.timeout(30_000);
  const api = new Api();
  before(() => api.start());
  after(() => api.stop());

  it('comes from the engine, for one run or the whole project', async () => {
    await api.project('tour');
    const run = { project: 'tour', stage: 'qa', service: 'svc', sequence: 'delivery' };
    api.runs.activeRuns.push(
      { ...run, keptnContext: 'a', workflowId: 'w1', state: 'waiting', position: 1 },
      { ...run, keptnContext: 'b', workflowId: 'w2', state: 'started', task: 't', missing: 'nobody' },
    );
    const client = new SlipwayClient({ endpoint: `${api.url}/api`, token: TOKEN });
    const all = await client.activeRuns({ project: 'tour' });
    assert.deepEqual(
      all.map(({ keptnContext, position, missing }) => [keptnContext, position, missing]),
      [
        ['a', 1, undefined],
        ['b', undefined, 'nobody'],
      ],
    );
    assert.equal((await client.activeRuns({ project: 'tour', keptnContext: 'b' })).length, 1);
    await assert.rejects(client.activeRuns({ project: 'nope' }), /project not found/i);
  });

  it('hands a run on that is to be done again', async () => {
    const client = new SlipwayClient({ endpoint: `${api.url}/api`, token: TOKEN });
    const asked = { project: 'tour', keptnContext: 'a', from: 'approval', by: 'ada', reason: 'flaky' };
    const started = await client.rerun(asked);
    assert.deepEqual(started, { keptnContext: 'a', stage: 'qa', sequence: 'delivery', from: 'approval' });
    assert.deepEqual(api.runs.rerunRequests, [asked]);
  });

  it('is refused while the engine is away', async () => {
    api.runs.down = true;
    const answer = await api.get('/slipway/v1/project/tour/run');
    assert.equal(answer.status, 503);
    api.runs.down = false;
  });
});
