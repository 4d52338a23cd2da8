import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Store } from '../../src/store/store.ts';
import { event, page, type StoreFixture, state } from './store-fixture.ts';

/** What a store must tell about runs of sequences. */
export function sequencesContract(fixture: () => StoreFixture): void {
  describe('sequence states', () => {
    let store: Store;
    let project: string;
    let mine: StoreFixture['mine'];
    beforeEach(() => {
      ({ store, project, mine } = fixture());
    });

    it('replaces by workflow id unless the stored row is newer, and lists newest first', async () => {
      const first = state({ project, keptnContext: 'one' });
      const second = state({ project, keptnContext: 'two', sequence: 'rollback' });
      await store.saveSequenceState(first);
      await store.saveSequenceState(second);
      const done = {
        ...first,
        state: 'finished',
        result: 'pass',
        status: 'succeeded',
        time: '2026-01-01T11:00:00.000Z',
      };
      await store.saveSequenceState(done);
      await store.saveSequenceState(first);
      assert.deepEqual(await store.sequenceStates({ project, ...page }), [second, done]);
      assert.deepEqual(await store.sequenceStates({ project, state: 'finished', ...page }), [done]);
      assert.deepEqual(await store.sequenceStates({ project, name: 'rollback', ...page }), [second]);
      assert.deepEqual(await store.sequenceContexts({ project, limit: 1, offset: 0 }), {
        contexts: [{ keptnContext: 'two', state: 'started' }],
        totalCount: 2,
      });
      assert.equal((await store.sequenceContexts({ project, limit: 1, offset: 9 })).totalCount, 2);
    });

    it('finds whole runs by their first sequence, their state as a whole and their beginning', async () => {
      const run = (keptnContext: string, changes: object) =>
        store.saveSequenceState(state({ project, keptnContext, ...changes }));
      const ended = { state: 'finished', time: '2026-01-01T10:30:00.000Z' };
      await run('promoted', { ...ended });
      await run('promoted', { stage: 'production', state: 'waitingForApproval' });
      await run('rolled back', { ...ended });
      await run('rolled back', { sequence: 'rollback', ...ended, time: '2026-01-01T11:00:00.000Z' });
      await run('half paused', { state: 'paused' });
      await run('half paused', { stage: 'production' });
      await run('paused', { state: 'paused' });
      await run('paused', { stage: 'production', state: 'waiting' });
      assert.deepEqual((await store.sequenceContexts({ project, limit: 2, offset: 0 })).contexts, [
        { keptnContext: 'paused', state: 'paused' },
        { keptnContext: 'half paused', state: 'started' },
      ]);
      await run('queued', { state: 'waiting', time: '2026-01-01T12:00:00.000Z' });
      const found = async (query: object) =>
        (await store.sequenceContexts({ project, ...query, ...page })).contexts.map(
          ({ keptnContext }) => keptnContext,
        );
      assert.deepEqual(await found({ state: 'finished' }), ['rolled back']);
      assert.deepEqual(await found({ state: 'started' }), ['half paused', 'promoted']);
      assert.deepEqual(await found({ state: 'waitingForApproval' }), ['promoted']);
      assert.deepEqual(await found({ state: 'waiting' }), ['queued']);
      assert.deepEqual(await found({ name: 'rollback' }), []);
      assert.deepEqual(await found({ name: 'delivery', stage: 'production', state: 'waitingForApproval' }), [
        'promoted',
      ]);
      await store.appendEvents([mine({ shkeptncontext: 'promoted', time: '2026-01-01T09:00:00.000Z' })]);
      assert.deepEqual(await found({ beforeTime: '2026-01-01T10:00:00.000Z' }), ['promoted']);
      assert.deepEqual(await found({ fromTime: '2026-01-01T10:15:00.000Z' }), ['queued', 'rolled back']);
    });

    it('tells the newest and the newest failed event, the image and the problem of each stage', async () => {
      const shkeptncontext = randomUUID();
      const triggered = event({
        shkeptncontext,
        data: {
          project,
          stage: 'qa',
          service: 'svc',
          configurationChange: { values: { image: 'x:1' } },
          problem: { ProblemTitle: 'slow' },
        },
      });
      const failed = mine({ shkeptncontext }, { result: 'fail' });
      const last = mine({ shkeptncontext, type: 'sh.keptn.event.qa.delivery.finished' });
      const others = ['get-sli.started', 'evaluation.invalidated', 'test.status.changed'].map((type) =>
        mine({ shkeptncontext, type: `sh.keptn.event.${type}` }, { result: 'fail' }),
      );
      const test = mine({ shkeptncontext, type: 'sh.keptn.event.test.triggered' });
      test.data.configurationChange = { values: { image: 'x:2' } };
      await store.appendEvents([triggered, failed, test, last, ...others]);
      const [activity] = await store.stageActivity(project, [shkeptncontext]);
      assert.equal(activity?.firstTime, triggered.time);
      assert.equal(activity?.latestEvent?.eventId, last.id);
      assert.equal(activity?.latestFailedEvent?.eventId, failed.id);
      assert.equal(activity?.image, 'x:1');
      assert.equal(activity?.problemTitle, 'slow');
    });
  });
}
