import assert from 'node:assert/strict';
import {
  AmbiguousApprovalError,
  NotFoundError,
  NotWaitingError,
  RefusedError,
  SlipwayClient,
  SlipwayError,
  UnauthorizedError,
  UnexpectedAnswerError,
  UnreachableError,
  WaitTimeoutError,
} from '../../../src/client/index.ts';
import { playDeliveries } from '../../fakes/delivery-play.ts';
import { FakeKeptnApi } from '../../fakes/keptn-api.ts';

/** The error that a promise ends with. */
async function errorOf(promise: Promise<unknown>): Promise<SlipwayError> {
  const error = await promise.then(
    () => assert.fail('it should have been refused'),
    (found: unknown) => found,
  );
  assert.ok(error instanceof SlipwayError);
  return error;
}

describe('SlipwayClient', () => {
  let api: FakeKeptnApi;
  let client: SlipwayClient;

  beforeEach(async () => {
    api = await FakeKeptnApi.start();
    client = new SlipwayClient({ endpoint: api.endpoint, token: api.token });
  });
  afterEach(() => api.stop());

  const delivery = { project: 'tour', service: 'web', image: 'ghcr.io/x/web', tag: 'v1' };

  describe('starting', () => {
    it('sends the same event as the Keptn CLI, in the first stage of the shipyard', async () => {
      const { keptnContext } = await client.triggerDelivery({
        ...delivery,
        labels: { build: '7' },
        values: { replicas: { min: '2' } },
      });
      const [event] = api.events;
      assert.equal(event?.shkeptncontext, keptnContext);
      assert.equal(event?.type, 'sh.keptn.event.hardening.delivery.triggered');
      assert.deepEqual(event?.data, {
        project: 'tour',
        stage: 'hardening',
        service: 'web',
        labels: { build: '7' },
        configurationChange: { values: { image: 'ghcr.io/x/web:v1', replicas: { min: '2' } } },
        deployment: { deploymentURIsLocal: null, deploymentstrategy: '' },
      });
    });

    it('names what is unknown and what there is instead, and sends nothing', async () => {
      const unknown = async (change: object, message: RegExp, hint: RegExp): Promise<void> => {
        const error = await errorOf(client.triggerDelivery({ ...delivery, ...change }));
        assert.ok(error instanceof NotFoundError);
        assert.match(error.message, message);
        assert.match(error.hint ?? '', hint);
      };
      await unknown({ project: 'nope' }, /Project not found/, /slipway get/);
      await unknown({ stage: 'prod' }, /no stage prod/, /hardening, production/);
      await unknown({ sequence: 'deliver' }, /no sequence deliver/, /delivery/);
      await unknown(
        { service: 'api' },
        /service api does not exist/,
        /slipway create service api --project tour/,
      );
      assert.equal(api.events.length, 0);
    });

    it('refuses two tags for one image', async () => {
      await assert.rejects(
        client.triggerDelivery({ ...delivery, image: 'docker.io/mongo:4.2.2' }),
        RefusedError,
      );
      await client.triggerDelivery({ project: 'tour', service: 'web', image: 'localhost:5000/web' });
      assert.deepEqual(api.events[0]?.data.configurationChange, { values: { image: 'localhost:5000/web' } });
    });

    it('sends an evaluation with its window in UTC', async () => {
      const scope = { project: 'tour', stage: 'hardening', service: 'web' };
      await client.triggerEvaluation({ ...scope, start: '2026-01-31T12:00:00+02:00', timeframe: '10m' });
      assert.deepEqual(api.requests.at(-1)?.body, {
        start: '2026-01-31T10:00:00.000Z',
        end: '2026-01-31T10:10:00.000Z',
      });
      await assert.rejects(client.triggerEvaluation({ ...scope, timeframe: '30s' }), RefusedError);
      await assert.rejects(client.triggerEvaluation({ ...scope, end: '2026-01-31T10:00:00Z' }), RefusedError);
    });
  });

  describe('following a run', () => {
    it('ends after the last stage with a pass, and tells every event once and in order', async () => {
      playDeliveries(api, { evaluation: 'pass' });
      const { keptnContext } = await client.triggerDelivery(delivery);
      const seen: string[] = [];
      const run = await client.waitForDelivery(keptnContext, {
        pollMs: 5,
        onEvent: (event) => seen.push(event.id),
      });
      assert.deepEqual(
        seen,
        api.events.map((event) => event.id),
      );
      assert.equal(run.state, 'finished');
      assert.equal(run.result, 'pass');
      assert.deepEqual(
        run.sequences.map((sequence) => [
          sequence.stage,
          sequence.result,
          sequence.tasks.map((task) => task.task),
        ]),
        [
          ['hardening', 'pass', ['deployment', 'evaluation']],
          ['production', 'pass', ['deployment']],
        ],
      );
    });

    it('ends with the fail and the score of the gate', async () => {
      playDeliveries(api, { evaluation: 'fail', score: 33.3 });
      const { keptnContext } = await client.triggerDelivery(delivery);
      const run = await client.waitForDelivery(keptnContext, { pollMs: 5 });
      assert.equal(run.result, 'fail');
      assert.equal(run.message, 'response_time_p95 is too high');
      assert.equal(run.sequences[0]?.tasks[1]?.score, 33.3);
    });

    it('goes on when the API is away for a moment', async () => {
      playDeliveries(api, { evaluation: 'pass' });
      const { keptnContext } = await client.triggerDelivery(delivery);
      let left = 2;
      const real = api.override;
      const notes: string[] = [];
      const flaky = new SlipwayClient({ endpoint: api.endpoint, token: api.token, timeoutMs: 200 });
      api.override = () => {
        left -= 1;
        if (left < 0) api.override = real;
        return left < 0 ? undefined : { status: 404, body: '{"message":"not yet"}' };
      };
      const run = await flaky.waitForSequence(keptnContext, {
        pollMs: 5,
        onUnreachable: (e) => notes.push(e.message),
      });
      assert.equal(run.result, 'pass');
    });

    it('gives up after its time and tells that the run goes on', async () => {
      const { keptnContext } = await client.triggerDelivery(delivery);
      api.states.set(keptnContext, 'started');
      const waiting = client.waitForDelivery(keptnContext, { pollMs: 5, timeoutMs: 30 });
      await assert.rejects(
        waiting,
        (error) => error instanceof WaitTimeoutError && /goes on/.test(error.hint ?? ''),
      );
    });

    it('stops at the caller’s signal with its reason', async () => {
      const { keptnContext } = await client.triggerDelivery(delivery);
      api.states.set(keptnContext, 'started');
      const controller = new AbortController();
      const waiting = client.waitForDelivery(keptnContext, {
        signal: controller.signal,
        onEvent: () => controller.abort(new Error('enough')),
      });
      await assert.rejects(waiting, /enough|aborted/);
    });

    it('counts an aborted run as failed', async () => {
      const { keptnContext } = await client.triggerDelivery(delivery);
      api.states.set(keptnContext, 'aborted');
      const run = await client.waitForDelivery(keptnContext, { pollMs: 5 });
      assert.deepEqual([run.result, run.status], ['fail', 'aborted']);
    });
  });

  describe('deciding an approval', () => {
    it('answers the open event with who and why, and the run goes on', async () => {
      playDeliveries(api, { evaluation: 'pass', approval: true });
      const { keptnContext } = await client.triggerDelivery(delivery);
      assert.equal((await client.status(keptnContext)).state, 'waitingForApproval');
      const request = { project: 'tour', stage: 'production', by: 'ann', reason: 'looked at it' };
      const decided = await client.approve(request);
      assert.equal(decided.keptnContext, keptnContext);
      const sent = api.events.find((event) => event.type === 'sh.keptn.event.approval.finished');
      assert.equal(sent?.triggeredid, decided.triggeredId);
      assert.deepEqual(sent?.data, {
        project: 'tour',
        stage: 'production',
        service: 'web',
        status: 'succeeded',
        result: 'pass',
        message: 'Approved by ann: looked at it',
        approval: { by: 'ann', reason: 'looked at it' },
      });
      assert.equal((await client.waitForDelivery(keptnContext, { pollMs: 5 })).result, 'pass');
      await assert.rejects(client.approve(request), NotWaitingError);
    });

    it('declines with a fail', async () => {
      playDeliveries(api, { evaluation: 'pass', approval: true });
      const { keptnContext } = await client.triggerDelivery(delivery);
      await client.decline({ project: 'tour', stage: 'production' });
      const run = await client.waitForDelivery(keptnContext, { pollMs: 5 });
      assert.deepEqual([run.result, run.message], ['fail', 'Declined']);
    });

    it('asks for the context when several wait', async () => {
      playDeliveries(api, { evaluation: 'pass', approval: true });
      const first = await client.triggerDelivery(delivery);
      await client.triggerDelivery(delivery);
      const request = { project: 'tour', stage: 'production' };
      await assert.rejects(client.approve(request), AmbiguousApprovalError);
      const decided = await client.approve({ ...request, keptnContext: first.keptnContext });
      assert.equal(decided.keptnContext, first.keptnContext);
    });

    it('refuses when nothing waits', async () => {
      await assert.rejects(client.approve({ project: 'tour', stage: 'production' }), NotWaitingError);
    });
  });

  it('pauses, resumes and aborts a run that goes on, and no other', async () => {
    api.states.set('ctx', 'started');
    for (const verb of ['pause', 'resume', 'abort'] as const) {
      await client[verb]({ project: 'tour', keptnContext: 'ctx', by: 'ann' });
      const sent = api.requests.at(-1);
      assert.equal(sent?.path, '/controlPlane/v1/sequence/tour/ctx/control');
      assert.deepEqual(sent?.body, { state: verb, stage: '', by: 'ann' });
    }
    await assert.rejects(client.pause({ project: 'tour', keptnContext: 'other' }), NotFoundError);
    api.states.set('ctx', 'finished');
    await assert.rejects(client.abort({ project: 'tour', keptnContext: 'ctx' }), RefusedError);
  });

  it('stores files without the leading dot and reads them back', async () => {
    const scope = { project: 'tour', stage: 'hardening', service: 'web' };
    assert.equal(
      await client.addResource({ ...scope, resourceUri: './locust/basic.py', content: 'print()' }),
      'c0ffee',
    );
    assert.deepEqual(await client.resources(scope), ['locust/basic.py']);
    const back = await client.resource({ ...scope, resourceUri: 'locust/basic.py' });
    assert.equal(Buffer.from(back.content).toString(), 'print()');
    assert.equal(back.commit, 'c0ffee');
    for (const resourceUri of ['../x', 'a/~b', './']) {
      await assert.rejects(client.addResource({ ...scope, resourceUri, content: '' }), RefusedError);
    }
    await assert.rejects(client.resources({ project: 'tour', service: 'web' }), RefusedError);
  });

  it('invalidates an evaluation by the id of its finished event', async () => {
    playDeliveries(api, { evaluation: 'fail' });
    await client.triggerDelivery(delivery);
    const finished = api.events.find((event) => event.type === 'sh.keptn.event.evaluation.finished');
    await client.invalidateEvaluation({ evaluationId: finished?.id ?? '', reason: 'load test broken' });
    const sent = api.events.at(-1);
    assert.equal(sent?.type, 'sh.keptn.event.evaluation.invalidated');
    assert.equal(sent?.triggeredid, finished?.triggeredid);
    assert.deepEqual(sent?.data.evaluation, { reason: 'load test broken' });
    await assert.rejects(client.invalidateEvaluation({ evaluationId: 'x', reason: '' }), NotFoundError);
  });

  describe('errors', () => {
    const answering = (status: number, body: string): void => {
      api.override = () => ({ status, body });
    };

    it('tells a wrong token from anything else, without showing it', async () => {
      const wrong = new SlipwayClient({ endpoint: api.endpoint, token: 'very-secret' });
      const error = await errorOf(wrong.projects());
      assert.ok(error instanceof UnauthorizedError);
      assert.match(error.message, /incorrect api key auth/);
      assert.doesNotMatch(`${error.message}${error.hint}`, /very-secret/);
    });

    it('maps answers to types', async () => {
      const cases: [number, string, new (message: string) => Error][] = [
        [404, '{"message":"Project not found"}', NotFoundError],
        [409, '{"message":"project already exists"}', RefusedError],
        [413, '<html>', RefusedError],
        [302, '', RefusedError],
        [500, 'boom', UnexpectedAnswerError],
        [200, 'no json', UnexpectedAnswerError],
        [200, '', UnexpectedAnswerError],
        [200, '{"projects":[{"name":1}]}', UnexpectedAnswerError],
      ];
      for (const [status, body, type] of cases) {
        answering(status, body);
        await assert.rejects(client.projects(), type, `${status} ${body}`);
      }
    });

    it('stops at a list without end', async () => {
      answering(200, '{"projects":[],"nextPageKey":"7"}');
      await assert.rejects(client.projects(), /does not end/);
    });

    it('names the endpoint that cannot be reached', async () => {
      await api.stop();
      await assert.rejects(
        client.projects(),
        (error) => error instanceof UnreachableError && error.message.includes(client.endpoint),
      );
      api = await FakeKeptnApi.start();
    });

    it('gives up on a server that does not answer', async () => {
      const slow = new SlipwayClient({ endpoint: api.endpoint, token: api.token, timeoutMs: 50 });
      api.override = () => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150);
        return undefined;
      };
      await assert.rejects(slow.projects(), UnreachableError);
    });
  });
});
