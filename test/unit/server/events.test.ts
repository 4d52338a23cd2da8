import assert from 'node:assert/strict';
import { delivery } from './api.ts';
import { eventsApi } from './events-api.ts';

describe('the API of events', function () {
  this.timeout(120_000);
  const { api, project, contextOf, stored } = eventsApi();

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
