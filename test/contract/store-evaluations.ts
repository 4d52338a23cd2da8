import assert from 'node:assert/strict';
import { exportEvaluations, importEvaluations } from '../../src/store/evaluation-export.ts';
import type { EvaluationRow, Store } from '../../src/store/store.ts';
import { evaluation, type StoreFixture } from './store-fixture.ts';

/** What a store must do with evaluations: history, invalidation, export and import. */
export function evaluationsContract(fixture: () => StoreFixture): void {
  describe('evaluations', () => {
    let store: Store;
    let project: string;
    beforeEach(() => {
      ({ store, project } = fixture());
    });

    it('answers history newest first by the time of the event, and filters by result and label', async () => {
      const rows = [
        evaluation({ project, time: '2026-01-01T10:00:02.000Z', result: 'fail' }),
        evaluation({ project, time: '2026-01-01T10:00:03.000Z', labels: { buildId: '7' } }),
        evaluation({ project, time: '2026-01-01T10:00:01.000Z', score: 33.333333333333336 }),
      ];
      for (const row of [...rows, ...rows]) await store.saveEvaluation(row);
      const scope = { project, stage: 'qa', service: 'svc' };
      assert.deepEqual(await store.evaluations({ ...scope, limit: 10 }), [rows[1], rows[0], rows[2]]);
      assert.deepEqual(await store.evaluations({ ...scope, results: ['fail'], limit: 10 }), [rows[0]]);
      const label = { key: 'buildId', value: '7' };
      assert.deepEqual(await store.evaluations({ project, label, limit: 10 }), [rows[1]]);
      const without = await store.evaluations({ project, withoutLabel: 'buildId', limit: 10 });
      assert.deepEqual(without, [rows[0], rows[2]]);
      assert.deepEqual(await store.evaluations({ project, limit: 1, offset: 2 }), [rows[2]]);
    });

    it('invalidates by trigger, before the limit, also when the evaluation comes later', async () => {
      const [kept, known, late] = ['1', '2', '3'].map((n) =>
        evaluation({ project, time: `2026-01-01T10:00:0${n}.000Z` }),
      ) as [EvaluationRow, EvaluationRow, EvaluationRow];
      await store.saveEvaluation(kept);
      await store.saveEvaluation(known);
      assert.equal(await store.invalidate(known.triggeredId, 'wrong load'), true);
      assert.equal(await store.invalidate(late.triggeredId, 'too early'), false);
      const byId = evaluation({ project, time: '2026-01-01T10:00:04.000Z' });
      await store.saveEvaluation(byId);
      assert.equal(await store.invalidate(byId.id, 'named itself'), true);
      assert.equal(await store.invalidate(byId.triggeredId, 'named again'), true);
      await store.saveEvaluation(late);
      assert.deepEqual(await store.evaluations({ project, excludeInvalidated: true, limit: 1 }), [kept]);
      const all = await store.evaluations({ project, limit: 10 });
      assert.deepEqual(
        all.map((row) => row.invalidated?.reason),
        ['named itself', 'too early', 'wrong load', undefined],
      );
    });

    it('carries them over as lines of JSON, with their invalidations, and names a bad line', async () => {
      const rows = [evaluation({ project }), evaluation({ project, labels: { a: 'b' } })];
      for (const row of rows) await store.saveEvaluation(row);
      await store.invalidate(rows[0]?.triggeredId ?? '', 'broken');
      let text = '';
      for await (const line of exportEvaluations(store, { project })) text += line;
      assert.equal(text.trim().split('\n').length, 2);
      await store.deleteProject(project);
      assert.equal(await importEvaluations(store, linesOf(text)), 2);
      let again = '';
      for await (const line of exportEvaluations(store, { project })) again += line;
      assert.deepEqual(again.split('\n').sort(), text.split('\n').sort());
      await assert.rejects(
        importEvaluations(store, linesOf('{"id":"x"}\n')),
        /Line 1 is no evaluation: triggeredId/,
      );
    });
  });
}

async function* linesOf(text: string): AsyncGenerator<string> {
  yield* text.split('\n');
}
