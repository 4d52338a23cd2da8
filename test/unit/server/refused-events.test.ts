import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { delivery } from './api.ts';
import { eventsApi } from './events-api.ts';

describe('the API of events that are refused', function () {
  this.timeout(120_000);
  const { api, project, send, stored } = eventsApi();

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

  it('refuses a trigger while the engine is away, and takes its event back', async () => {
    api.runs.down = true;
    const shkeptncontext = randomUUID();
    const { status, json } = await send(delivery(project, { shkeptncontext }));
    assert.equal(status, 503);
    assert.match(String(json.message), /Temporal at 127\.0\.0\.1:7233 does not answer/);
    assert.deepEqual(await stored(`keptnContext=${shkeptncontext}`), []);
  });
});
