import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { KeptnEvent } from '../../../src/contracts/events.ts';
import { Api, delivery } from './api.ts';

describe('the API of events', function () {
  this.timeout(120_000);
  const api = new Api();
  const project = 'flow';
  before(async () => {
    await api.start();
    await api.project(project);
  });
  after(() => api.stop());
  beforeEach(() => {
    api.runs.down = false;
  });

  const send = (body: unknown) => api.post('/v1/event', body);
  const contextOf = async (body: unknown): Promise<string> => {
    const { status, json, text } = await send(body);
    assert.equal(status, 200, text);
    return String(json.keptnContext);
  };
  const stored = async (query: string): Promise<KeptnEvent[]> => {
    const { json, text } = await api.get(`/mongodb-datastore/event?${query}`);
    assert.ok(Array.isArray(json.events), text);
    return json.events as KeptnEvent[];
  };
  /** What the engine does when it asks somebody to carry out a task. */
  const openTask = async (task: string, keptnContext: string): Promise<KeptnEvent> => {
    const event: KeptnEvent = {
      id: randomUUID(),
      type: `sh.keptn.event.${task}.triggered`,
      source: 'shipyard-controller',
      specversion: '1.0',
      contenttype: 'application/json',
      time: new Date().toISOString(),
      shkeptncontext: keptnContext,
      data: { project, stage: 'qa', service: 'svc' },
    };
    await api.store.appendEvents([event], { openFor: [{ eventId: event.id, workflowId: `w/${event.id}` }] });
    return event;
  };
  const answer = (open: KeptnEvent, kind: string, changes: { [key: string]: unknown } = {}) => ({
    type: open.type.replace('triggered', kind),
    source: 'greetings-service',
    shkeptncontext: open.shkeptncontext,
    triggeredid: open.id,
    data: { project, stage: 'qa', service: 'svc', status: 'succeeded', result: 'pass', ...changes },
  });

  it('starts a delivery, and stores its event with an id and a time of its own', async () => {
    const keptnContext = await contextOf(delivery(project));
    const [event] = await stored(`keptnContext=${keptnContext}`);
    assert.ok(event);
    assert.notEqual(event.id, '0a8be657-63ed-4806-969f-fc04930f4e9c');
    assert.match(event.time, /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(event.contenttype, 'application/json');
    assert.equal(event.source, 'https://github.com/keptn/keptn/cli#configuration-change');
    assert.deepEqual(event.data.configurationChange, { values: { image: 'ghcr.io/x/y:1' } });
    assert.deepEqual(api.runs.triggered.at(-1), event);
  });

  it('keeps a UUID as context, derives one from any other text, and makes one for none', async () => {
    const uuid = '0b1bd1a4-5d1b-4a3b-9f0e-0123456789ab';
    assert.equal(await contextOf(delivery(project, { shkeptncontext: uuid })), uuid);
    assert.equal(
      await contextOf(delivery(project, { shkeptncontext: 'my-own-context' })),
      '6d792d6f-776e-4d63-af6e-746578742020',
    );
    const [one, two] = await Promise.all([contextOf(delivery(project)), contextOf(delivery(project))]);
    assert.notEqual(one, two);
    assert.equal(typeof (await contextOf(delivery(project, { source: null, unknownField: 1 }))), 'string');
  });

  it('takes an event once that is sent again with the same key, whatever became of it the first time', async () => {
    const send = async (key: string, body: object) => {
      const { status, json } = await api.send('POST', '/api/v1/event', body, { 'idempotency-key': key });
      return { status, context: String(json.keptnContext) };
    };
    const before = api.runs.triggered.length;
    const first = await send('key-number-1', delivery(project));
    assert.deepEqual(await send('key-number-1', delivery(project)), first);
    assert.equal(api.runs.triggered.length, before + 1);
    const other = await send('key-number-2', delivery(project));
    assert.notEqual(other.context, first.context);

    // A server that died after it had stored the event and before the engine knew of it.
    const { store } = api;
    const [stored] = (await store.events({ keptnContext: first.context, limit: 1, offset: 0 })).events;
    assert.ok(stored);
    await store.withdrawEvent(stored.id);
    await store.appendEvents([stored], { deliver: [stored.id] });
    assert.deepEqual(await send('key-number-1', delivery(project)), first);
    assert.equal(api.runs.triggered.at(-1)?.id, stored.id);
    assert.equal((await send('a b', delivery(project))).status, 400);
  });

  it('takes structured CloudEvents', async () => {
    const { status } = await api.send('POST', '/api/v1/event', delivery(project), {
      'content-type': 'application/cloudevents+json',
    });
    assert.equal(status, 200);
  });

  it('refuses events by the rules of their type, in the words of Keptn', async () => {
    const cases: [{ [key: string]: unknown }, string][] = [
      [{ type: 'sh.keptn.event.deployment.triggered' }, 'unknown event type action: triggered'],
      [{ type: 'sh.keptn.event.deployment.status.changed' }, 'unknown event type action: changed'],
      [{ type: 'sh.keptn.event.qa.delivery.finished' }, 'unknown event type action: finished'],
      [{ type: 'com.example.whatever' }, 'unknown event type'],
      [{ type: 'sh.keptn.event.a.b.c.triggered' }, 'unknown event type'],
      [
        { type: 'sh.keptn.event.production.delivery.triggered' },
        'stage name in event data and in event type does not match',
      ],
      [{ data: { project } }, "mandatory field(s) 'project', 'stage' or 'service' missing"],
      [{ type: 'sh.keptn.event.test.started' }, "mandatory field 'triggeredid' missing"],
      [{ type: 'sh.keptn.event.test.finished', triggeredid: 'x' }, 'result field is not set'],
      [
        {
          type: 'sh.keptn.event.test.finished',
          triggeredid: 'x',
          data: { project, stage: 'qa', service: 'svc', result: 'pass' },
        },
        'status field is not set',
      ],
      [
        { type: 'sh.keptn.event.monitoring.configure', data: { project } },
        "mandatory fields(s) 'project', 'service' or 'type' missing",
      ],
      [{ data: { project: 'nope', stage: 'qa', service: 'svc' } }, 'project not found: nope'],
    ];
    for (const [changes, message] of cases) {
      const { status, json } = await send(delivery(project, changes));
      assert.deepEqual([status, json], [400, { code: 400, message }]);
    }
    const service = await send(delivery(project, { data: { project, stage: 'qa', service: 'nope' } }));
    assert.match(String(service.json.message), /^service not found: nope in project flow/);
  });

  it('refuses hostile bodies with a plain answer, and stores nothing of them', async () => {
    const before = (await api.get('/mongodb-datastore/event')).json.totalCount;
    const deep = `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`;
    const bodies: [string, number][] = [
      ['[1,2]', 400],
      ['"text"', 400],
      ['{', 400],
      ['', 400],
      [`{"type":"x","data":${deep}}`, 400],
      ['{"type":"x","data":{"__proto__":{"admin":true}}}', 400],
      ['{"type":5}', 400],
      [
        JSON.stringify(delivery(project, { data: { project, stage: 'qa', service: 'svc', x: '\u0000' } })),
        400,
      ],
      [JSON.stringify(delivery(project, { data: { project: { a: 1 }, stage: 'qa' } })), 400],
      [JSON.stringify(delivery(project, { data: { project, x: 'x'.repeat(1_100_000) } })), 413],
    ];
    for (const [body, expected] of bodies) {
      const { status, json } = await api.send('POST', '/api/v1/event', body);
      assert.equal(status, expected, body.slice(0, 80));
      assert.deepEqual(Object.keys(json).sort(), ['code', 'message'], body.slice(0, 80));
    }
    assert.equal((await api.get('/mongodb-datastore/event')).json.totalCount, before);
  });

  it('takes events at the path of the control plane too', async () => {
    const { status, json } = await api.post('/controlPlane/v1/event', delivery(project));
    assert.equal(status, 200);
    assert.equal((await stored(`keptnContext=${String(json.keptnContext)}`)).length, 1);
  });

  it('accepts an unknown sequence, which ends errored at once as in Keptn', async () => {
    const keptnContext = await contextOf(delivery(project, { type: 'sh.keptn.event.qa.nope.triggered' }));
    const [finished] = await stored(`keptnContext=${keptnContext}&type=sh.keptn.event.qa.nope.finished`);
    assert.equal(finished?.data.status, 'errored');
    assert.equal(finished?.data.result, 'fail');
    assert.match(String(finished?.data.message), /no task sequence with name nope found in stage qa/);
    const { json } = await api.get(`/controlPlane/v1/sequence/${project}?keptnContext=${keptnContext}`);
    const [run] = json.states as { [key: string]: unknown }[];
    assert.ok(run);
    assert.equal(run.state, 'finished');
    assert.equal((run.stages as { state: string }[])[0]?.state, 'errored');
  });

  it('refuses a trigger while the engine is away, and takes its event back', async () => {
    api.runs.down = true;
    const shkeptncontext = randomUUID();
    const { status, json } = await send(delivery(project, { shkeptncontext }));
    assert.equal(status, 503);
    assert.match(String(json.message), /Temporal at 127\.0\.0\.1:7233 does not answer/);
    assert.deepEqual(await stored(`keptnContext=${shkeptncontext}`), []);
  });

  it('lists an open task until it is closed, and hands its answers to the run', async () => {
    const keptnContext = randomUUID();
    const open = await openTask('greeting', keptnContext);
    const path = `/controlPlane/v1/event/triggered/${open.type}?project=${project}&stage=qa`;
    assert.deepEqual((await api.get(path)).json.events, [open]);
    assert.equal(await contextOf(answer(open, 'started')), keptnContext);
    assert.equal(await contextOf(answer(open, 'finished')), keptnContext);
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
    await contextOf(answer(open, 'finished', {}));
    assert.equal(api.runs.answered.length, handed + 1);
    await contextOf({ ...answer(open, 'finished'), shkeptncontext: randomUUID() });
    await contextOf({ ...answer(open, 'finished'), type: 'sh.keptn.event.other.finished' });
    await contextOf({ ...answer(open, 'finished'), triggeredid: randomUUID() });
    assert.equal(api.runs.answered.length, handed + 1);
  });

  it('keeps the answer of a task while the engine is away and delivers it later', async () => {
    const open = await openTask('test', randomUUID());
    api.runs.down = true;
    await contextOf(answer(open, 'finished'));
    const [waiting] = await api.store.undelivered(10);
    assert.equal(waiting?.triggeredid, open.id);
    api.runs.down = false;
    api.now = () => new Date(Date.now() + 60_000);
    const second = await openTask('test', randomUUID());
    await contextOf(answer(second, 'started'));
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

  it('answers evaluations by the datastore filter without the invalidated ones', async () => {
    const contexts = [randomUUID(), randomUUID()];
    const finished = contexts.map((shkeptncontext, n) => ({
      ...(answer(
        { type: 'sh.keptn.event.evaluation.triggered', shkeptncontext, id: randomUUID() } as KeptnEvent,
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

  it('answers configure monitoring itself and notes the provider', async () => {
    const configure = (type: string) =>
      contextOf({
        type: 'sh.keptn.event.monitoring.configure',
        source: 'cli',
        data: { project, service: 'svc', type },
      });
    const find = async (keptnContext: string): Promise<KeptnEvent | undefined> =>
      (await stored(`keptnContext=${keptnContext}&type=sh.keptn.event.configure-monitoring.finished`))[0];
    const done = await find(await configure('prometheus'));
    assert.equal(done?.data.result, 'pass');
    assert.match(String(done?.data.message), /^Monitoring successfully configured/);
    assert.equal((await api.store.project(project))?.sliProvider, 'prometheus');
    const failed = await find(await configure('nagios'));
    assert.equal(failed?.data.result, 'fail');
    assert.equal((await api.store.project(project))?.sliProvider, 'prometheus');
  });

  it('answers configure monitoring with the alert rules of the stages that have the files for them', async () => {
    const scope = { project, stage: 'production', service: 'svc' };
    const slo = "objectives: [{sli: throughput, pass: [{criteria: ['>5']}]}]";
    const remediation = 'apiVersion: spec.keptn.sh/0.1.4\nkind: Remediation\nspec: {remediations: []}';
    const answer = async (): Promise<KeptnEvent | undefined> => {
      const keptnContext = await contextOf({
        type: 'sh.keptn.event.monitoring.configure',
        source: 'cli',
        data: { project, service: 'svc', type: 'prometheus' },
      });
      return (
        await stored(`keptnContext=${keptnContext}&type=sh.keptn.event.configure-monitoring.finished`)
      )[0];
    };
    const write = (uri: string, text: string) =>
      api.config.write(scope, [{ uri, content: Buffer.from(text) }], `Write ${uri}`);
    await write('slo.yaml', slo);
    assert.equal((await answer())?.data['x-alert-rules'], undefined);
    await write('remediation.yaml', remediation);
    const done = await answer();
    const rules = done?.data['x-alert-rules'] as { groups: { name: string; rules: { alert: string }[] }[] };
    assert.deepEqual(
      rules.groups.map(({ name, rules: [rule] }) => [name, rule?.alert]),
      [[`svc ${project}-production alerts`, 'throughput']],
    );
    assert.match(String(done?.data.message), /Alerts of svc: throughput; give them to your Prometheus/);
    await write('remediation.yaml', 'kind: Remediation');
    const refused = await answer();
    assert.equal(refused?.data.result, 'fail');
    assert.match(String(refused?.data.message), /stage production: remediation.yaml:1:1.*apiVersion/);
  });

  it('keeps error logs in the log of the integration', async () => {
    await contextOf({
      type: 'sh.keptn.log.error',
      source: 'greetings-service',
      data: { message: 'made to fail', task: 'greeting', integrationid: 'abc' },
    });
    const { json } = await api.get('/controlPlane/v1/log?integrationId=abc');
    const [entry] = json.logs as { [key: string]: unknown }[];
    assert.equal(entry?.message, 'made to fail');
    assert.equal(entry?.task, 'greeting');
    assert.equal(json.nextPageKey, 0);
  });
});
