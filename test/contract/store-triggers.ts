import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { SequenceStartQuery, SequenceStartRow, Store } from '../../src/store/store.ts';
import { page, type StoreFixture } from './store-fixture.ts';

/** What a store must do with triggers: who waits for an answer, what was handed to the engine, in which order runs start. */
export function triggersContract(fixture: () => StoreFixture): void {
  let store: Store;
  let project: string;
  let mine: StoreFixture['mine'];
  beforeEach(() => {
    ({ store, project, mine } = fixture());
  });

  describe('open triggers', () => {
    it('lists an opened trigger until it is closed, and never again', async () => {
      const trigger = mine();
      const openFor = [{ eventId: trigger.id, workflowId: 'sequence/1' }];
      await store.appendEvents([trigger], { openFor });
      assert.deepEqual(await store.openTriggers({ project, type: trigger.type, stage: 'qa' }), [
        { event: trigger, workflowId: 'sequence/1' },
      ]);
      assert.deepEqual(await store.openTriggers({ project, stage: 'prod' }), []);
      await store.closeTriggers([trigger.id]);
      await store.appendEvents([trigger], { openFor });
      assert.deepEqual(await store.openTriggers({ project }), []);
    });

    it('opens, closes and stores in one step, and remembers a close that came first', async () => {
      const [first, second] = [mine(), mine()];
      await store.appendEvents([first], { openFor: [{ eventId: first.id, workflowId: 'w' }] });
      await store.closeTriggers([second.id]);
      await store.appendEvents([second], {
        openFor: [{ eventId: second.id, workflowId: 'w' }],
        close: [first.id],
      });
      assert.deepEqual(await store.openTriggers({ project }), []);
      assert.deepEqual(await store.openTriggers({ eventId: first.id }), []);
    });
  });

  describe('delivery to the engine', () => {
    it('remembers what was not handed over, and forgets a withdrawn event altogether', async () => {
      const [kept, gone] = [mine(), mine()];
      await store.appendEvents([kept, gone], { deliver: [kept.id, gone.id] });
      await store.withdrawEvent(gone.id);
      const waiting = async (): Promise<string[]> =>
        (await store.undelivered(1000))
          .map((found) => found.id)
          .filter((id) => [kept.id, gone.id].includes(id));
      assert.deepEqual(await waiting(), [kept.id]);
      await store.markDelivered([kept.id]);
      assert.deepEqual(await waiting(), []);
      assert.equal((await store.events({ project, ...page })).totalCount, 1);
    });
  });

  describe('places of triggers', () => {
    const start = (eventId: string, changes: Partial<SequenceStartRow> = {}) => ({
      ...{ eventId, project, stage: 'qa', service: 'svc', sequence: 'delivery', keptnContext: 'ctx' },
      time: '2026-01-01T10:00:00.000Z',
      ...changes,
    });

    it('follow the order of arrival, not the times of the events, and are given once', async () => {
      const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
      await store.placeStart(start(first));
      await store.placeStart(start(second, { time: '2025-01-01T00:00:00.000Z', service: 'other' }));
      await store.placeStart(start(third, { together: { id: 'g', services: ['svc', 'other'] } }));
      await store.placeStart(start(first, { time: '2027-01-01T00:00:00.000Z' }));
      const found = async (query: Partial<SequenceStartQuery> = {}) =>
        (await store.sequenceStarts({ project, stage: 'qa', limit: 9, ...query })).map(
          ({ eventId }) => eventId,
        );
      assert.deepEqual(await found(), [first, second, third]);
      assert.deepEqual(await found({ limit: 2 }), [second, third]);
      assert.deepEqual(await found({ service: 'svc' }), [first, third]);
      assert.deepEqual(await found({ together: true }), [third]);
      assert.deepEqual(await found({ keptnContext: 'none' }), []);
    });

    it('stay taken when their event is withdrawn, and go with their project', async () => {
      const gone = mine();
      await store.appendEvents([gone]);
      await store.placeStart(start(gone.id));
      await store.withdrawEvent(gone.id);
      const query = { project, stage: 'qa', limit: 9 };
      assert.deepEqual(
        (await store.sequenceStarts(query)).map(({ withdrawn }) => withdrawn),
        [true],
      );
      await store.deleteProject(project);
      assert.deepEqual(await store.sequenceStarts(query), []);
    });

    it('are in one order for all who ask while many are given', async () => {
      const ids = Array.from({ length: 40 }, () => randomUUID());
      const seen = await Promise.all(
        ids.map(async (id) => {
          await store.placeStart(start(id));
          return (await store.sequenceStarts({ project, stage: 'qa', limit: 99 })).map(
            ({ eventId }) => eventId,
          );
        }),
      );
      const all = (await store.sequenceStarts({ project, stage: 'qa', limit: 99 })).map(
        ({ eventId }) => eventId,
      );
      for (const earlier of seen) assert.deepEqual(earlier, all.slice(0, earlier.length));
    });
  });
}
