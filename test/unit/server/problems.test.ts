import assert from 'node:assert/strict';
import { Api } from './api.ts';

describe('problems become remediations', function () {
  this.timeout(120_000);
  const api = new Api();
  const project = 'shop';
  before(async () => {
    await api.start();
    await api.project(project);
  });
  after(() => api.stop());

  const alert = (changes: { [key: string]: unknown } = {}) => ({
    status: 'firing',
    labels: {
      alertname: 'response_time_p90',
      project,
      stage: 'production',
      service: 'svc',
      deployment: 'primary',
      pod_name: 'svc-primary',
    },
    annotations: { summary: 'response_time_p90', descriptions: 'Pod name "svc-primary"' },
    startsAt: '2026-01-01T10:00:00Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus/graph',
    fingerprint: 'a1b2c3d4e5f60718',
    ...changes,
  });
  const notify = (alerts: unknown[]) =>
    api.send('POST', '/alertmanager', {
      version: '4',
      status: 'firing',
      receiver: 'slipway',
      alerts,
      groupKey: '{}',
    });

  it('starts one remediation per firing alert, however often it is repeated', async () => {
    const other = alert({ fingerprint: 'ffff', annotations: { summary: 'errors', description: 'x' } });
    const first = await notify([alert(), other]);
    assert.equal(first.status, 201, first.text);
    const accepted = first.json.accepted as { keptnContext: string; action: string }[];
    assert.deepEqual(
      accepted.map((one) => one.action),
      ['started', 'started'],
    );
    const started = api.runs.triggered.length;
    const again = await Promise.all([notify([alert()]), notify([alert(), other])]);
    assert.ok(again.every(({ status }) => status === 201));
    assert.equal(api.runs.triggered.length, started);
    const event = api.runs.triggered.at(-2);
    assert.equal(event?.type, 'sh.keptn.event.production.remediation.triggered');
    assert.equal(event?.source, 'prometheus');
    assert.equal(event?.shkeptncontext, accepted[0]?.keptnContext);
    assert.deepEqual(event?.data.labels, { 'Problem URL': 'http://prometheus/graph' });
    assert.deepEqual(event?.data.deployment, { deploymentNames: ['primary'] });
    const problem = event?.data.problem as { [key: string]: unknown };
    assert.equal(problem.ProblemTitle, 'response_time_p90');
    assert.deepEqual(problem.ProblemDetails, { problemDetails: 'Pod name "svc-primary"' });
    assert.equal(problem.ImpactedEntity, 'svc-primary');
  });

  it('takes a later start of the same alert as a new problem, and closes the one that is resolved', async () => {
    const later = alert({ startsAt: '2026-01-01T11:00:00Z' });
    const { json } = await notify([later]);
    const [started] = json.accepted as { keptnContext: string; action: string }[];
    assert.equal(started?.action, 'started');
    await notify([{ ...later, status: 'resolved', endsAt: '2026-01-01T11:05:00Z' }]);
    assert.deepEqual(api.runs.closed.at(-1), {
      project,
      stage: 'production',
      service: 'svc',
      keptnContext: started?.keptnContext,
    });
  });

  it('acts on the good alerts of a group and names the bad ones', async () => {
    const bad = alert({ labels: { alertname: 'lost', project } });
    const mixed = await notify([bad, alert({ fingerprint: 'good' })]);
    assert.equal(mixed.status, 201);
    assert.equal((mixed.json.accepted as unknown[]).length, 1);
    assert.match(JSON.stringify(mixed.json.refused), /has no labels project, stage and service/);
    const none = await notify([bad]);
    assert.equal(none.status, 400);
    assert.match(String(none.json.message), /the alert lost has no labels/);
    const unknown = await notify([alert({ labels: { ...alert().labels, service: 'nope' } })]);
    assert.match(String(unknown.json.message), /service not found: nope/);
    assert.equal((await api.send('POST', '/alertmanager', { version: '3', alerts: [] })).status, 400);
  });

  it('starts none while the engine is away, so that Alertmanager comes again', async () => {
    api.runs.down = true;
    assert.equal((await notify([alert({ fingerprint: 'later' })])).status, 503);
    api.runs.down = false;
    const { json } = await notify([alert({ fingerprint: 'later' })]);
    assert.equal((json.accepted as { action: string }[])[0]?.action, 'started');
  });

  it('reads a Dynatrace notification with its tags, and ends the remediation when it is resolved', async () => {
    const notification = (State: string) => ({
      specversion: '1.0',
      type: 'sh.keptn.events.problem',
      shkeptncontext: '-7813-1600V2',
      source: 'dynatrace',
      id: '-7813',
      time: '',
      contenttype: 'application/json',
      data: {
        State,
        PID: '-7813',
        ProblemTitle: 'Failure rate increase',
        ProblemURL: 'https://dynatrace/problem',
        Tags: `keptn_project:${project}, keptn_stage:production, keptn_service:svc`,
        KeptnProject: 'other',
      },
    });
    const sent = await api.post('/v1/event', notification('OPEN'));
    assert.equal(sent.status, 200, sent.text);
    const event = api.runs.triggered.at(-1);
    assert.ok(event);
    assert.equal(event.type, 'sh.keptn.event.production.remediation.triggered');
    assert.equal(event.shkeptncontext, sent.json.keptnContext);
    assert.equal((event.data.problem as { ProblemTitle: string }).ProblemTitle, 'Failure rate increase');
    assert.deepEqual(event.data.labels, { 'Problem URL': 'https://dynatrace/problem' });
    const count = api.runs.triggered.length;
    await api.post('/v1/event', notification('OPEN'));
    assert.equal(api.runs.triggered.length, count);
    await api.post('/v1/event', notification('RESOLVED'));
    assert.equal(api.runs.closed.at(-1)?.keptnContext, sent.json.keptnContext);
    const nowhere = await api.post('/v1/event', {
      type: 'sh.keptn.events.problem',
      source: 'dynatrace',
      data: { State: 'OPEN', ProblemTitle: 'somewhere' },
    });
    assert.equal(nowhere.status, 200);
    assert.equal(api.runs.triggered.length, count);
  });
});
