import assert from 'node:assert/strict';
import { SlipwayClient } from '../../../src/client/index.ts';
import { FakeKeptnApi } from '../../fakes/keptn-api.ts';

describe('an override of a freeze', () => {
  let api: FakeKeptnApi;
  let client: SlipwayClient;
  before(async () => {
    api = await FakeKeptnApi.start();
    client = new SlipwayClient({ endpoint: api.endpoint, token: api.token });
  });
  after(() => api.stop());

  const request = { project: 'tour', service: 'web', image: 'web:2', labels: { build: '7' } };

  it('is recorded in the event for its stage, and as a label', async () => {
    const overrideFreeze = { reason: 'fire', by: 'ada' };
    const { data } = await client.deliveryEvent({ ...request, stage: 'production', overrideFreeze });
    assert.deepEqual(data['x-override-freeze'], { stage: 'production', reason: 'fire', by: 'ada' });
    assert.deepEqual(data.labels, { build: '7', 'override-freeze': 'fire' });
    const plain = await client.deliveryEvent(request);
    assert.deepEqual([plain.data['x-override-freeze'], plain.data.labels], [undefined, { build: '7' }]);
  });

  it('needs a reason', async () => {
    await assert.rejects(
      client.deliveryEvent({ ...request, overrideFreeze: { reason: ' ' } }),
      /without a reason/,
    );
  });
});
