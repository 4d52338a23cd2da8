import assert from 'node:assert/strict';
import type { Store } from '../../src/store/store.ts';
import type { StoreFixture } from './store-fixture.ts';

/** What a store must do for integrations: registrations, logs and secrets. */
export function integrationsContract(fixture: () => StoreFixture): void {
  describe('registrations, logs and secrets', () => {
    let store: Store;
    let project: string;
    beforeEach(() => {
      ({ store, project } = fixture());
    });

    it('notes when a registration was seen', async () => {
      await store.saveRegistration(project, { name: 'greetings' });
      const found = (await store.registrations()).find((one) => one.id === project);
      assert.deepEqual(found?.registration, { name: 'greetings' });
      assert.ok(Math.abs(Date.parse(found?.lastSeen ?? '') - Date.now()) < 60_000);
      await store.deleteRegistration(project);
      assert.ok(!(await store.registrations()).some((one) => one.id === project));
    });

    it('stamps log entries on arrival and answers them newest first', async () => {
      await store.appendLogs([
        { integrationid: project, message: 'a', time: '0001-01-01T00:00:00Z' },
        { integrationid: project, message: 'b' },
      ]);
      const { entries, totalCount } = await store.logs({ integrationId: project, limit: 1, offset: 0 });
      assert.equal(totalCount, 2);
      assert.equal(entries[0]?.message, 'b');
      assert.ok(String(entries[0]?.time).startsWith('20'));
    });

    it('gives a secret back, lists its keys only, and tells whether a delete found one', async () => {
      await store.saveSecret('keptn-default', project, { user: 'joe', pw: 'a=b c' });
      assert.deepEqual(await store.secret('keptn-default', project), { user: 'joe', pw: 'a=b c' });
      assert.equal(await store.secret('other', project), undefined);
      assert.deepEqual(
        (await store.secrets()).filter((found) => found.name === project),
        [{ scope: 'keptn-default', name: project, keys: ['pw', 'user'] }],
      );
      assert.equal(await store.deleteSecret('keptn-default', project), true);
      assert.equal(await store.deleteSecret('keptn-default', project), false);
    });
  });
}
