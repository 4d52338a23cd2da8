import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Store } from '../../src/store/store.ts';
import { page, type StoreFixture } from './store-fixture.ts';

/** What a store must do with events: order, filters, pages. */
export function eventsContract(fixture: () => StoreFixture): void {
  describe('events', () => {
    let store: Store;
    let project: string;
    let mine: StoreFixture['mine'];
    beforeEach(() => {
      ({ store, project, mine } = fixture());
    });

    it('answers newest first, and of one millisecond the one stored last first', async () => {
      const old = mine({ time: '2026-01-01T09:00:00.000Z' });
      const [a, b] = [mine(), mine()];
      await store.appendEvents([a, b]);
      await store.appendEvents([old]);
      const { events, totalCount } = await store.events({ project, ...page });
      assert.deepEqual(
        events.map((found) => found.id),
        [b.id, a.id, old.id],
      );
      assert.equal(totalCount, 3);
      assert.deepEqual(events[0], b);
    });

    it('stores an id once and answers which ids were new', async () => {
      const first = mine();
      assert.deepEqual(await store.appendEvents([first]), [first.id]);
      const second = mine();
      assert.deepEqual(await store.appendEvents([first, second]), [second.id]);
      assert.equal((await store.events({ project, ...page })).totalCount, 2);
    });

    it('takes fromTime as strictly later and beforeTime as strictly earlier, to the millisecond', async () => {
      const times = ['10:00:00.001', '10:00:00.002', '10:00:00.003'].map((t) => `2026-01-01T${t}Z`);
      await store.appendEvents(times.map((time) => mine({ time })));
      const later = await store.events({ project, fromTime: '2026-01-01T10:00:00.001Z', ...page });
      assert.deepEqual(
        later.events.map((found) => found.time),
        [times[2], times[1]],
      );
      const earlier = await store.events({
        project,
        beforeTime: '2026-01-01T12:00:00.002+02:00',
        ...page,
      });
      assert.deepEqual(
        earlier.events.map((found) => found.time),
        [times[0]],
      );
      const all = await store.events({ project, fromTime: '0001-01-01T00:00:00.000Z', ...page });
      assert.equal(all.totalCount, 3);
    });

    it('finds by every attribute, by any of several values of a data path, and by pages', async () => {
      const context = randomUUID();
      const hit = mine({ shkeptncontext: context, source: 'lighthouse' }, { result: 'warning' });
      await store.appendEvents([
        hit,
        mine({}, { result: 'fail' }),
        mine({}, { result: 'pass' }),
        mine({}, { stage: 'prod' }),
      ]);
      const counts = await Promise.all([
        store.events({ keptnContext: context, ...page }),
        store.events({ eventId: hit.id, ...page }),
        store.events({ project, source: 'lighthouse', ...page }),
        store.events({ project, stage: 'qa', service: 'svc', type: hit.type, ...page }),
        store.events({
          filter: [
            { path: 'data.project', values: [project] },
            { path: 'data.result', values: ['pass', 'warning'] },
          ],
          ...page,
        }),
        store.events({ project, filter: [{ path: 'data.result', values: [] }], ...page }),
      ]);
      assert.deepEqual(
        counts.map((found) => found.totalCount),
        [1, 1, 1, 3, 2, 0],
      );
      const second = await store.events({ project, limit: 2, offset: 2 });
      assert.equal(second.events.length, 2);
      assert.equal(second.totalCount, 4);
    });

    it('leaves out invalidated events before it applies the limit', async () => {
      const finished = ['a', 'b', 'c'].map((key, n) =>
        mine({
          type: 'sh.keptn.event.evaluation.finished',
          triggeredid: `${project}-${key}`,
          time: `2026-01-01T10:00:0${n}.000Z`,
        }),
      );
      await store.appendEvents([
        ...finished,
        mine({ type: 'sh.keptn.event.evaluation.invalidated', triggeredid: `${project}-c` }),
      ]);
      const byId = mine({ type: 'sh.keptn.event.evaluation.finished', triggeredid: `${project}-d` });
      await store.appendEvents([
        byId,
        mine({ type: 'sh.keptn.event.evaluation.invalidated', triggeredid: byId.id }),
      ]);
      const query = { project, type: 'sh.keptn.event.evaluation.finished', limit: 1, offset: 0 };
      const valid = await store.events({ ...query, excludeInvalidated: true });
      assert.deepEqual(
        valid.events.map((found) => found.triggeredid),
        [`${project}-b`],
      );
      assert.equal(valid.totalCount, 2);
      assert.equal((await store.events(query)).events[0]?.triggeredid, `${project}-c`);
    });

    it('answers only the first event of each context when asked for the roots', async () => {
      const [one, two] = [randomUUID(), randomUUID()];
      const part = (shkeptncontext: string, type: string) => mine({ shkeptncontext, type });
      await store.appendEvents([
        part(one, 'io.slipway.line.changed'),
        part(one, 'sh.keptn.events.problem'),
        part(one, 'sh.keptn.event.qa.remediation.triggered'),
        part(two, 'sh.keptn.event.qa.delivery.triggered'),
        part(two, 'sh.keptn.event.production.delivery.triggered'),
      ]);
      const { events, totalCount } = await store.events({ project, root: true, ...page });
      assert.deepEqual(
        events.map((found) => found.type),
        ['sh.keptn.event.qa.delivery.triggered', 'sh.keptn.events.problem'],
      );
      assert.equal(totalCount, 2);
    });

    it('keeps quotes, unicode and hostile keys as they are', async () => {
      const odd = mine({}, { "it's": '"; drop table events; --', ключ: '🚀', constructor: 'x' });
      await store.appendEvents([odd]);
      assert.deepEqual((await store.events({ eventId: odd.id, ...page })).events, [odd]);
    });

    it('keeps parallel writers apart', async () => {
      const contexts = Array.from({ length: 40 }, () => randomUUID());
      await Promise.all(
        contexts.map((shkeptncontext, n) =>
          store.appendEvents([mine({ shkeptncontext }), mine({ shkeptncontext }, { n: String(n) })]),
        ),
      );
      const found = await Promise.all(
        contexts.map((keptnContext) => store.events({ keptnContext, ...page })),
      );
      assert.deepEqual(
        found.map((answer) => answer.events.map((one) => one.data.n)),
        contexts.map((_, n) => [String(n), undefined]),
      );
    });
  });
}
