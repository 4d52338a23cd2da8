import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import { MAX_OCCURRENCES } from '../../src/sequence/limits.ts';
import { ActivityWorld, eventOf, SCOPE } from '../support/activity-world.ts';
import { eventually } from '../support/eventually.ts';
import { RunWorld } from '../support/run-world.ts';

const SHIPYARD = `
apiVersion: spec.keptn.sh/0.2.3
kind: Shipyard
metadata: { name: s }
spec:
  stages:
    - name: dev
      sequences:
        - name: delivery
          tasks: [{ name: build }, { name: check }]
        - name: limited
          x-cooldown: 10m
          tasks: [{ name: build }]
        - name: hourly
          x-max-per-hour: 2
          x-concurrency: parallel
          tasks: [{ name: build }]
        - name: ring
          triggeredOn: [{ event: dev.ring.finished }]
          tasks: [{ name: approval, properties: { pass: automatic } }]
    - name: prod
      sequences:
        - name: delivery
          triggeredOn: [{ event: dev.delivery.finished }]
          tasks: [{ name: announce }]
`;

describe('triggers at the same instant', function () {
  this.timeout(300_000);
  let world: ActivityWorld;
  before(async () => {
    world = await ActivityWorld.open();
    await world.config.createService(SCOPE.project, 'orders');
    await world.store.saveService({ name: 'orders', project: SCOPE.project, creationDate: '0' });
    await world.write('shipyard.yaml', SHIPYARD, 'project');
  });
  after(() => world.close());

  const refusalOf = async (there: RunWorld, { shkeptncontext }: KeptnEvent): Promise<string | undefined> => {
    const finished = (await there.events(shkeptncontext)).find(({ data }) => data.status === 'errored');
    return finished?.data.message;
  };

  for (const [sequence, allowed, reason] of [
    ['limited', 1, /x-cooldown is 10m/],
    ['hourly', 2, /x-max-per-hour is 2/],
  ] as const) {
    it(`start ${sequence} as often as its limit allows, never more`, async () => {
      await RunWorld.with(world, async (there) => {
        const triggers = await Promise.all(Array.from({ length: 8 }, () => there.trigger(sequence)));
        const refusals = await Promise.all(triggers.map((event) => refusalOf(there, event)));
        const told = refusals.filter((message) => message !== undefined);
        assert.equal(told.length, triggers.length - allowed);
        for (const message of told) assert.match(message, reason);
        // The same trigger once more gets the same answer.
        for (const event of triggers) await there.runs.trigger(event);
        assert.deepEqual(await Promise.all(triggers.map((event) => refusalOf(there, event))), refusals);
      });
    });
  }

  it('are two runs of one context, also when the one with the earlier time comes second', async () => {
    await RunWorld.with(world, async (there) => {
      const first = eventOf('sh.keptn.event.dev.delivery.triggered');
      const second = {
        ...eventOf('sh.keptn.event.dev.delivery.triggered'),
        shkeptncontext: first.shkeptncontext,
        time: '2020-01-01T00:00:00.000Z',
      };
      for (const event of [first, second, first, second]) await there.runs.trigger(event);
      const rows = await eventually('both have begun', async () => {
        const found = await there.rows(first.shkeptncontext);
        return found.length === 2 && found.every(({ state }) => state === 'started') && found;
      });
      assert.equal(new Set(rows.map(({ workflowId }) => workflowId)).size, 2);
      const built = (await there.types(first.shkeptncontext)).filter((type) => type === 'build.triggered');
      assert.equal(built.length, 2);
    });
  });

  it('of two groups in crossed order never make them wait for each other', async () => {
    await RunWorld.with(world, async (there) => {
      const group = (services: string[]) => ({ id: randomUUID(), services });
      const [a, b] = [group(['carts', 'orders']), group(['orders', 'carts'])];
      const send = (one: typeof a, service: string) =>
        there.trigger('delivery', { 'x-together': one, service });
      const placed = () =>
        there.world.store.sequenceStarts({ project: SCOPE.project, stage: 'dev', together: true, limit: 4 });
      const firsts = [send(a, 'carts'), send(b, 'orders')];
      await eventually('both have their place', async () => (await placed()).length === 2);
      await Promise.all([...firsts, send(a, 'orders'), send(b, 'carts')]);
      const started = await placed();
      const order = [...new Set(started.map(({ together }) => together?.id))];
      for (const id of order) {
        const members = started.filter(({ together }) => together?.id === id);
        for (const { keptnContext } of members) await there.answer(keptnContext, 'build');
        for (const { keptnContext } of members) await there.answer(keptnContext, 'check');
        for (const { keptnContext } of members) await there.answer(keptnContext, 'announce');
        for (const { keptnContext } of members) await there.inState(keptnContext, 'prod', 'finished');
      }
    });
  });

  it('of a group whose older rival does not come are refused within seconds, with the reason', async () => {
    await RunWorld.with(world, async (there) => {
      const [a, b] = [
        ['carts', 'orders'],
        ['orders', 'carts'],
      ].map((services) => ({ id: randomUUID(), services }));
      const first = await there.trigger('delivery', { 'x-together': a ?? {} });
      const crossed = await there.trigger('delivery', { 'x-together': b ?? {}, service: 'orders' });
      assert.match(
        (await refusalOf(there, crossed)) ?? '',
        /^Unable to start sequence delivery: the group of carts, orders was triggered before and has not come to orders yet/,
      );
      const late = await there.trigger('delivery', { 'x-together': b ?? {} });
      const abort = { project: SCOPE.project, state: 'abort' } as const;
      await there.runs.control({ ...abort, keptnContext: first.shkeptncontext });
      await there.answer(late.shkeptncontext, 'build');
      await there.answer(late.shkeptncontext, 'check');
      const row = await there.inState(late.shkeptncontext, 'dev', 'finished');
      assert.equal(row.result, 'fail', 'the whole group fails with the service that was refused');
    });
  });

  it('end after a hundred rounds when a sequence triggers itself again and again, with the sentence that says so', async () => {
    await RunWorld.with(world, async (there) => {
      const event = eventOf('sh.keptn.event.dev.ring.triggered', { result: 'pass' });
      const { id: _id, type: _type, ...earlier } = event;
      for (let round = 1; round <= MAX_OCCURRENCES - 3; round += 1) {
        await there.world.store.placeStart({
          ...{ eventId: randomUUID(), ...SCOPE, sequence: 'ring' },
          ...{ keptnContext: earlier.shkeptncontext, time: earlier.time },
        });
      }
      await there.runs.trigger(event);
      const message = await eventually('the ring ends', () => refusalOf(there, event), 90_000);
      assert.match(message, /^dev\.ring was not started again: it ran 100 times in this context/);
      const types = await there.types(event.shkeptncontext);
      assert.deepEqual(
        ['approval.finished', 'dev.ring.triggered'].map(
          (wanted) => types.filter((type) => type === wanted).length,
        ),
        [3, 4],
      );
    });
  });

  it('with a payload that Temporal would not take end at once, errored, and what triggers them ends as well', async () => {
    await RunWorld.with(world, async (there) => {
      const event = await there.trigger('delivery');
      const report = 'x'.repeat(900_000);
      await there.answer(event.shkeptncontext, 'build', { build: { a: report } });
      const check = await there.task(event.shkeptncontext, 'check');
      assert.ok(JSON.stringify(check.event).length > 900_000);
      for (const key of ['b', 'c']) {
        const { project, stage, service } = check.event.data;
        const told = {
          project,
          stage,
          service,
          status: 'succeeded',
          result: 'pass',
          check: { [key]: report },
        };
        for (const kind of ['started', 'started', 'finished'].slice(key === 'b' ? 0 : 2)) {
          await there.runs.taskEvent(
            {
              ...eventOf(
                `sh.keptn.event.check.${kind}`,
                kind === 'finished' ? told : { project, stage, service },
              ),
              shkeptncontext: event.shkeptncontext,
              triggeredid: check.event.id,
              source: key,
            },
            check,
          );
        }
      }
      await there.inState(event.shkeptncontext, 'dev', 'finished');
      const prod = await there.inState(event.shkeptncontext, 'prod', 'finished');
      assert.deepEqual([prod.status, prod.result], ['errored', 'fail']);
      assert.match(
        (await refusalOf(there, event)) ?? '',
        /^Unable to start sequence delivery: its payload and its shipyard have 27\d{5} bytes, at most 1900000/,
      );
    });
  });
});
