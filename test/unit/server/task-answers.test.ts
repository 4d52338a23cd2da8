import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { answerTo, eventsApi } from './events-api.ts';

describe('the API of answers to tasks', function () {
  this.timeout(120_000);
  const { api, project, contextOf, openTask } = eventsApi();

  it('lists an open task until it is closed, and hands its answers to the run', async () => {
    const keptnContext = randomUUID();
    const open = await openTask('greeting', keptnContext);
    const path = `/controlPlane/v1/event/triggered/${open.type}?project=${project}&stage=qa`;
    assert.deepEqual((await api.get(path)).json.events, [open]);
    assert.equal(await contextOf(answerTo(open, 'started')), keptnContext);
    assert.equal(await contextOf(answerTo(open, 'finished')), keptnContext);
    assert.deepEqual(
      api.runs.answered.slice(-2).map(({ event, open: trigger }) => [event.type, trigger.workflowId]),
      [
        ['sh.keptn.event.greeting.started', `w/${open.id}`],
        ['sh.keptn.event.greeting.finished', `w/${open.id}`],
      ],
    );
    await api.store.closeTriggers([open.id]);
    assert.deepEqual((await api.get(path)).json, {
      events: [],
      nextPageKey: '0',
      pageSize: 20,
      totalCount: 0,
    });
    assert.deepEqual((await api.get('/controlPlane/v1/event/triggered/sh.keptn.%3E')).json.events, []);
    assert.deepEqual((await api.get('/controlPlane/v1/event/triggered/x?project=nope')).json, {
      code: 404,
      message: 'project not found',
    });
  });

  it('stores an answer that nobody waits for, or that belongs to another run, without acting on it', async () => {
    const open = await openTask('approval', randomUUID());
    const handed = api.runs.answered.length;
    await contextOf(answerTo(open, 'finished', {}));
    assert.equal(api.runs.answered.length, handed + 1);
    await contextOf({ ...answerTo(open, 'finished'), shkeptncontext: randomUUID() });
    await contextOf({ ...answerTo(open, 'finished'), type: 'sh.keptn.event.other.finished' });
    await contextOf({ ...answerTo(open, 'finished'), triggeredid: randomUUID() });
    assert.equal(api.runs.answered.length, handed + 1);
  });

  it('keeps the answer of a task while the engine is away and delivers it later', async () => {
    const open = await openTask('test', randomUUID());
    api.runs.down = true;
    await contextOf(answerTo(open, 'finished'));
    const [waiting] = await api.store.undelivered(10);
    assert.equal(waiting?.triggeredid, open.id);
    api.runs.down = false;
    api.now = () => new Date(Date.now() + 60_000);
    const second = await openTask('test', randomUUID());
    await contextOf(answerTo(second, 'started'));
    const { EventDesk } = await import('../../../src/server/event-desk.ts');
    const { default: pino } = await import('pino');
    const desk = new EventDesk({
      store: api.store,
      config: api.config,
      runs: api.runs,
      logger: pino({ level: 'silent' }),
      now: api.now,
    });
    assert.equal(await desk.redeliver(), 1);
    assert.equal(api.runs.answered.at(-1)?.event.id, waiting?.id);
    assert.deepEqual(await api.store.undelivered(10), []);
    api.now = () => new Date();
  });
});
