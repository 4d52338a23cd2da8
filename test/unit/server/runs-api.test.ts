import assert from 'node:assert/strict';
import { Api, delivery } from './api.ts';

describe('the API of runs and evaluations', function () {
  this.timeout(120_000);
  const api = new Api();
  const project = 'runs';
  before(async () => {
    await api.start();
    await api.project(project);
  });
  after(() => api.stop());

  const evaluate = (place: string, body: unknown) =>
    api.post(`/controlPlane/v1/project/${place}/evaluation`, body);

  it('starts an evaluation over the given time and answers its context', async () => {
    const { status, json } = await evaluate(`${project}/stage/qa/service/svc`, {
      start: '2026-11-21T08:31:55.429Z',
      end: '2026-11-21T08:36:55.429Z',
      labels: { buildId: '1' },
      gitcommitid: 'abcdef',
    });
    assert.equal(status, 200);
    const event = api.runs.triggered.at(-1);
    assert.equal(event?.type, 'sh.keptn.event.qa.evaluation.triggered');
    assert.equal(event?.shkeptncontext, json.keptnContext);
    assert.equal(event?.source, 'https://github.com/keptn/keptn/api');
    assert.equal(event?.gitcommitid, 'abcdef');
    assert.deepEqual(event?.data, {
      project,
      stage: 'qa',
      service: 'svc',
      labels: { buildId: '1' },
      evaluation: { start: '2026-11-21T08:31:55.429Z', end: '2026-11-21T08:36:55.429Z', timeframe: '' },
    });
  });

  it('refuses an evaluation of unknown things or of less than a minute', async () => {
    for (const [place, message] of [
      [`${project}/stage/qa/service/nope`, 'service not found'],
      [`${project}/stage/nope/service/svc`, 'stage not found'],
      ['nope/stage/qa/service/svc', 'project not found'],
    ] as const) {
      const { status, json } = await evaluate(place, {});
      assert.deepEqual([status, json], [400, { code: 2, message }]);
    }
    const short = await evaluate(`${project}/stage/qa/service/svc`, { timeframe: '30s' });
    assert.deepEqual(short.json, { code: 0, message: 'end date must be at least 1 minute after start date' });
    const [start, end] = ['2026-11-21T08:31:55.429Z', '2026-11-21T08:36:55.429Z'];
    for (const [times, message] of [
      [{ start, end, timeframe: '5m' }, 'timeframe and end time specifications cannot be set together'],
      [{ start }, 'timeframe or end time specifications need to be specified when using start parameter'],
      [{ end }, 'end time specifications cannot be set without start parameter'],
    ] as const) {
      const { json } = await evaluate('nope/stage/qa/service/svc', times);
      assert.deepEqual(json, { code: 400, message: `Invalid request format: ${message}` });
    }
    assert.equal((await evaluate(`${project}/stage/qa/service/svc`, { labels: 'x' })).status, 400);
    assert.equal(
      (await api.send('POST', `/api/controlPlane/v1/project/${project}/stage/qa/service/svc/evaluation`))
        .status,
      200,
    );
  });

  it('shows a run with its stages, evaluation and newest events, and its executions', async () => {
    const { json: sent } = await api.post('/v1/event', delivery(project));
    const keptnContext = String(sent.keptnContext);
    const [triggered] = (await api.store.events({ keptnContext, limit: 1, offset: 0 })).events;
    assert.ok(triggered);
    const deployment = { ...triggered, id: 'd-1', type: 'sh.keptn.event.deployment.triggered' };
    await api.store.appendEvents([deployment]);
    const row = {
      project,
      service: 'svc',
      keptnContext,
      sequence: 'delivery',
      time: '2026-01-01T10:00:00.000Z',
    };
    await api.store.saveSequenceState({
      ...row,
      stage: 'qa',
      workflowId: 'qa-1',
      state: 'finished',
      status: 'succeeded',
      result: 'pass',
    });
    await api.store.saveSequenceState({
      ...row,
      stage: 'production',
      workflowId: 'p-1',
      state: 'waitingForApproval',
    });
    await api.store.saveEvaluation({
      id: 'e1',
      triggeredId: 't1',
      project,
      stage: 'qa',
      service: 'svc',
      keptnContext,
      time: row.time,
      result: 'warning',
      status: 'succeeded',
      score: 80,
      labels: {},
      evaluation: {},
    });
    const { json } = await api.get(`/controlPlane/v1/sequence/${project}?keptnContext=${keptnContext}`);
    assert.equal(json.totalCount, 1);
    assert.equal(json.nextPageKey, 0);
    const [run] = json.states as { [key: string]: unknown }[];
    assert.ok(run);
    assert.equal(run.name, 'delivery');
    assert.equal(run.state, 'started');
    const [qa, production] = run.stages as { [key: string]: unknown }[];
    assert.ok(qa);
    assert.equal(qa.name, 'qa');
    assert.equal(qa.state, 'succeeded');
    assert.equal(qa.image, 'ghcr.io/x/y:1');
    assert.deepEqual(qa.latestEvaluation, { result: 'warning', score: 80 });
    assert.equal((qa.latestEvent as { type: string }).type, 'sh.keptn.event.deployment.triggered');
    assert.equal(production?.state, 'triggered');
    const executions = await api.get(
      `/controlPlane/v1/sequence-execution?project=${project}&keptnContext=${keptnContext}&status=waitingForApproval`,
    );
    assert.deepEqual(
      (executions.json.sequenceExecutions as { _id: string }[]).map((one) => one._id),
      ['p-1'],
    );
    assert.equal((await api.get('/controlPlane/v1/sequence/nope')).status, 404);
    assert.equal((await api.get('/controlPlane/v1/sequence-execution')).status, 400);
    assert.equal((await api.get('/controlPlane/v1/sequence-execution?project=nope')).status, 404);
  });

  it('finds runs by their state as a whole, the name of their first sequence and a list of contexts', async () => {
    const save = (keptnContext: string, changes: { [key: string]: string }) =>
      api.store.saveSequenceState({
        project,
        service: 'svc',
        keptnContext,
        stage: 'qa',
        sequence: 'hotfix',
        workflowId: JSON.stringify([keptnContext, changes]),
        state: 'finished',
        time: '2026-02-01T10:00:00.000Z',
        ...changes,
      });
    await save('h-1', {});
    await save('h-1', { stage: 'production', sequence: 'delivery', state: 'waitingForApproval' });
    await save('h-2', {});
    const found = async (query: string) => {
      const { json } = await api.get(`/controlPlane/v1/sequence/${project}?${query}`);
      return (json.states as { shkeptncontext: string; state: string }[]).map((one) => [
        one.shkeptncontext,
        one.state,
      ]);
    };
    assert.deepEqual(await found('name=hotfix'), [
      ['h-2', 'finished'],
      ['h-1', 'started'],
    ]);
    assert.deepEqual(await found('name=hotfix&state=finished'), [['h-2', 'finished']]);
    assert.deepEqual(await found('name=hotfix&state=started'), [['h-1', 'started']]);
    assert.deepEqual(await found('keptnContext=h-1,%20h-2&state=finished'), [['h-2', 'finished']]);
  });

  it('pauses, resumes and aborts, also a context that it does not know', async () => {
    const control = (context: string, body: unknown) =>
      api.post(`/controlPlane/v1/sequence/${project}/${context}/control`, body);
    assert.deepEqual((await control('nope', { state: 'abort', stage: '' })).json, {});
    assert.deepEqual(api.runs.controlled.at(-1), { project, keptnContext: 'nope', state: 'abort' });
    await control('c', { state: 'pause', stage: 'qa', by: 'joe', reason: 'lunch' });
    assert.deepEqual(api.runs.controlled.at(-1), {
      project,
      keptnContext: 'c',
      state: 'pause',
      stage: 'qa',
      by: 'joe',
      reason: 'lunch',
    });
    assert.equal((await control('c', { state: 'stop' })).status, 400);
  });

  it('counts events and sequences in the statistics', async () => {
    const { json } = await api.get('/statistics/v1/statistics?from=0&to=99999999999');
    const [first] = json.projects as { name: string; services: { executedSequences: number }[] }[];
    assert.equal(first?.name, project);
    assert.ok((first?.services[0]?.executedSequences ?? 0) > 0);
  });
});
