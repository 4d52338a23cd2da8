import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { KeptnEvent } from '../../../src/contracts/events.ts';
import { delivery } from './api.ts';
import { answerTo, eventsApi } from './events-api.ts';

describe('the API of stored events', function () {
  this.timeout(120_000);
  const { api, project, contextOf, stored } = eventsApi();

  it('answers evaluations by the datastore filter without the invalidated ones', async () => {
    const contexts = [randomUUID(), randomUUID()];
    const finished = contexts.map((shkeptncontext, n) => ({
      ...(answerTo(
        { type: 'sh.keptn.event.evaluation.triggered', shkeptncontext, id: randomUUID() },
        'finished',
      ) as object),
      id: randomUUID(),
      specversion: '1.0' as const,
      contenttype: 'application/json' as const,
      time: `2026-01-01T10:00:0${n}.000Z`,
    })) as KeptnEvent[];
    await api.store.appendEvents(finished);
    const list = async (extra = ''): Promise<(string | undefined)[]> => {
      const filter = encodeURIComponent(`data.project:${project} AND data.result:pass,warning`);
      const { json } = await api.get(
        `/mongodb-datastore/event/type/sh.keptn.event.evaluation.finished?filter=${filter}${extra}`,
      );
      return (json.events as KeptnEvent[]).map((event) => event.shkeptncontext);
    };
    assert.deepEqual(await list(), [contexts[1], contexts[0]]);
    await contextOf({
      type: 'sh.keptn.event.evaluation.invalidated',
      source: 'bridge',
      shkeptncontext: contexts[1],
      triggeredid: finished[1]?.triggeredid,
      data: { project, stage: 'qa', service: 'svc', evaluation: { reason: 'wrong load' } },
    });
    assert.deepEqual(await list('&excludeInvalidated=true&limit=1'), [contexts[0]]);
    const bad = [
      '?filter=data.stage:qa',
      '?filter=nonsense',
      `?filter=data.project:x&limit=0`,
      `?filter=data.project:x&fromTime=yesterday`,
    ];
    for (const query of bad) {
      const { status } = await api.get(`/mongodb-datastore/event/type/x${query}`);
      assert.equal(status, 400, query);
    }
  });

  it('answers events strictly later than a time, in pages with a string as key', async () => {
    const shkeptncontext = randomUUID();
    for (let n = 0; n < 3; n += 1) await contextOf(delivery(project, { shkeptncontext }));
    const all = await stored(
      `keptnContext=${shkeptncontext}&fromTime=0001-01-01T00:00:00.000Z&project=${project}`,
    );
    assert.equal(all.length, 3);
    assert.deepEqual(await stored(`keptnContext=${shkeptncontext}&fromTime=${all[0]?.time}`), []);
    const first = (await api.get(`/mongodb-datastore/event?keptnContext=${shkeptncontext}&pageSize=2`)).json;
    assert.equal(first.nextPageKey, '2');
    assert.equal(first.totalCount, 3);
    const last = (
      await api.get(`/mongodb-datastore/event?keptnContext=${shkeptncontext}&pageSize=2&nextPageKey=2`)
    ).json;
    assert.equal(last.nextPageKey, undefined);
    assert.deepEqual(await stored(`eventID=${all[1]?.id}`), [all[1]]);
  });
});
