import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import { exportEvaluations, importEvaluations } from '../../src/store/evaluation-export.ts';
import type {
  EvaluationRow,
  SequenceStartQuery,
  SequenceStartRow,
  SequenceStateRow,
  Store,
} from '../../src/store/store.ts';

/** An event of a task that tests may change at will. */
export function event(changes: Partial<KeptnEvent> & { data?: KeptnEvent['data'] } = {}): KeptnEvent {
  return {
    id: randomUUID(),
    type: 'sh.keptn.event.deployment.triggered',
    source: 'shipyard-controller',
    specversion: '1.0',
    contenttype: 'application/json',
    time: '2026-01-01T10:00:00.000Z',
    shkeptncontext: randomUUID(),
    data: { project: 'tour', stage: 'qa', service: 'svc' },
    ...changes,
  };
}

function evaluation(changes: Partial<EvaluationRow> = {}): EvaluationRow {
  return {
    id: randomUUID(),
    triggeredId: randomUUID(),
    project: 'tour',
    stage: 'qa',
    service: 'svc',
    keptnContext: randomUUID(),
    time: '2026-01-01T10:00:00.000Z',
    result: 'pass',
    status: 'succeeded',
    score: 87.5,
    labels: {},
    evaluation: { score: 87.5, indicatorResults: [] },
    ...changes,
  };
}

function state(changes: Partial<SequenceStateRow> = {}): SequenceStateRow {
  return {
    project: 'tour',
    service: 'svc',
    keptnContext: 'ctx',
    stage: 'qa',
    sequence: 'delivery',
    workflowId: randomUUID(),
    state: 'started',
    time: '2026-01-01T10:00:00.000Z',
    ...changes,
  };
}

async function* linesOf(text: string): AsyncGenerator<string> {
  yield* text.split('\n');
}

const page = { limit: 20, offset: 0 };

/** What every store must do; `open` answers one with an empty database and a key for secrets. */
export function storeContract(open: () => Promise<Store>): void {
  let store: Store;
  let project: string;
  before(async function () {
    this.timeout(120_000);
    store = await open();
  });
  beforeEach(() => {
    project = `p${randomUUID().slice(0, 8)}`;
  });
  after(async () => {
    await store?.close();
  });
  const mine = (changes: Partial<KeptnEvent> = {}, data: { [key: string]: string } = {}): KeptnEvent =>
    event({ ...changes, data: { project, stage: 'qa', service: 'svc', ...data } });

  describe('events', () => {
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
      const query = { project, type: 'sh.keptn.event.evaluation.finished', limit: 1, offset: 0 };
      const valid = await store.events({ ...query, excludeInvalidated: true });
      assert.deepEqual(
        valid.events.map((found) => found.triggeredid),
        [`${project}-b`],
      );
      assert.equal(valid.totalCount, 2);
      assert.equal((await store.events(query)).events[0]?.triggeredid, `${project}-c`);
    });

    it('answers only what started runs when asked for the roots', async () => {
      await store.appendEvents([mine(), mine({ type: 'sh.keptn.event.qa.delivery.triggered' })]);
      const { events } = await store.events({ project, root: true, ...page });
      assert.deepEqual(
        events.map((found) => found.type),
        ['sh.keptn.event.qa.delivery.triggered'],
      );
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

  describe('sequence states', () => {
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
        keptnContexts: ['two'],
        totalCount: 2,
      });
      assert.equal((await store.sequenceContexts({ project, limit: 1, offset: 9 })).totalCount, 2);
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
      const last = mine({ shkeptncontext });
      await store.appendEvents([triggered, failed, last]);
      const [activity] = await store.stageActivity(project, [shkeptncontext]);
      assert.equal(activity?.firstTime, triggered.time);
      assert.equal(activity?.latestEvent?.eventId, last.id);
      assert.equal(activity?.latestFailedEvent?.eventId, failed.id);
      assert.equal(activity?.image, 'x:1');
      assert.equal(activity?.problemTitle, 'slow');
    });
  });

  describe('evaluations', () => {
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
      await store.saveEvaluation(late);
      assert.deepEqual(await store.evaluations({ project, excludeInvalidated: true, limit: 1 }), [kept]);
      const all = await store.evaluations({ project, limit: 10 });
      assert.deepEqual(
        all.map((row) => row.invalidated?.reason),
        ['too early', 'wrong load', undefined],
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

  describe('projects and services', () => {
    const row = (name: string) => ({
      name,
      creationDate: '1795250162012637922',
      stages: ['qa', 'prod'],
      shipyard: 'kind: Shipyard',
      shipyardVersion: 'spec.keptn.sh/0.2.2',
    });

    it('keeps the order of stages and the creation date', async () => {
      await store.saveProject(row(project));
      await store.saveProject({
        ...row(project),
        creationDate: '1',
        sliProvider: 'prometheus',
        upstreamUrl: 'https://git.example/x',
      });
      assert.deepEqual(await store.project(project), {
        ...row(project),
        sliProvider: 'prometheus',
        upstreamUrl: 'https://git.example/x',
      });
      assert.equal(await store.project(`${project}-none`), undefined);
      assert.ok((await store.projects()).some((found) => found.name === project));
    });

    it('tells the last event of each type and the image of the last deployment that did not fail', async () => {
      await store.saveService({ name: 'svc', project, creationDate: '1' });
      const deploy = async (image: string, result: string): Promise<KeptnEvent> => {
        const triggered = event({
          data: { project, stage: 'qa', service: 'svc', configurationChange: { values: { image } } },
        });
        const finished = mine(
          { type: 'sh.keptn.event.deployment.finished', triggeredid: triggered.id },
          { result },
        );
        await store.appendEvents([triggered]);
        await store.appendEvents([finished]);
        return finished;
      };
      await deploy('x:1', 'pass');
      const last = await deploy('x:2', 'fail');
      const [view] = await store.serviceViews(project);
      assert.equal(view?.deployedImage, 'x:1');
      assert.deepEqual(view?.lastEvents.map((found) => found.type).sort(), [
        'sh.keptn.event.deployment.finished',
        'sh.keptn.event.deployment.triggered',
      ]);
      assert.ok(view?.lastEvents.some((found) => found.eventId === last.id));
      assert.equal((await store.services(project))[0]?.name, 'svc');
      await store.deleteService(project, 'svc');
      assert.deepEqual(await store.services(project), []);
      assert.deepEqual(await store.serviceViews(project), []);
    });

    it('starts clean when a deleted project is made again', async () => {
      await store.saveProject(row(project));
      const trigger = mine();
      await store.appendEvents([trigger], { openFor: [{ eventId: trigger.id, workflowId: 'w' }] });
      await store.saveSequenceState(state({ project }));
      await store.saveEvaluation(evaluation({ project }));
      await store.deleteProject(project);
      assert.equal(await store.project(project), undefined);
      assert.equal((await store.events({ project, ...page })).totalCount, 0);
      assert.deepEqual(await store.openTriggers({ project }), []);
      assert.deepEqual(await store.evaluations({ project, limit: 5 }), []);
      assert.deepEqual(await store.sequenceStates({ project, ...page }), []);
    });
  });

  describe('registrations, logs and secrets', () => {
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

  it('counts events per service and type', async () => {
    await store.appendEvents([mine(), mine(), mine({ time: '2020-01-01T00:00:00.000Z' })]);
    const counts = (await store.eventCounts({ fromTime: '2025-01-01T00:00:00Z' })).filter(
      (one) => one.project === project,
    );
    assert.deepEqual(counts, [
      {
        project,
        service: 'svc',
        type: 'sh.keptn.event.deployment.triggered',
        source: 'shipyard-controller',
        count: 2,
      },
    ]);
    await store.ping();
  });
}
