import assert from 'node:assert/strict';
import fc from 'fast-check';
import { admit, emptyQueue, type QueueState } from '../../../src/sequence/queue.ts';
import { type Group, type GroupStart, groupsAhead } from '../../../src/sequence/together.ts';

const start = (group: Group, service: string, changes: Partial<GroupStart> = {}): GroupStart => ({
  eventId: `${group.id}/${service}`,
  service,
  group,
  placed: false,
  ended: false,
  ...changes,
});
const a: Group = { id: 'a', services: ['carts', 'orders'] };
const b: Group = { id: 'b', services: ['orders', 'carts'] };

describe('groups of services whose triggers come in crossed order', () => {
  it('wait for the older one to bring the same service to its queue', () => {
    const crossed = [start(a, 'carts', { placed: true }), start(b, 'orders')];
    assert.deepEqual(groupsAhead(crossed, 'b/orders'), [a]);
    const brought = [...crossed, start(a, 'orders', { placed: true })];
    assert.deepEqual(groupsAhead(brought, 'b/orders'), []);
    assert.deepEqual(groupsAhead(brought, 'a/orders'), [], 'the older one waits for nobody');
  });

  it('do not wait for one that is decided, for other services, or for themselves', () => {
    const decided = [start(a, 'carts', { placed: true, ended: true }), start(b, 'orders')];
    assert.deepEqual(groupsAhead(decided, 'b/orders'), []);
    const other = { id: 'c', services: ['front-end', 'carts'] };
    assert.deepEqual(groupsAhead([start(a, 'carts'), start(other, 'front-end')], 'c/front-end'), []);
    assert.deepEqual(groupsAhead([start(a, 'carts'), start(a, 'orders')], 'a/orders'), []);
    assert.deepEqual(groupsAhead([], 'unknown'), []);
  });

  it('all come to their end, whatever services they share and however their triggers are mixed', () => {
    const services = ['1', '2', '3', '4'];
    const group = fc.subarray(services, { minLength: 2 });
    fc.assert(
      fc.property(
        fc.array(group, { minLength: 2, maxLength: 5 }),
        fc.array(fc.nat(), { minLength: 60 }),
        (members, choices) => {
          const queues = new Queues(members);
          for (const choice of choices) queues.step(choice);
          for (let round = 0; round < 200 && !queues.done(); round += 1) queues.step(round);
          assert.ok(queues.done(), JSON.stringify(queues.starts));
        },
      ),
    );
  });
});

/** Queues of several services in which a group ends when all its runs have started. */
class Queues {
  readonly starts: GroupStart[] = [];
  readonly #untriggered: GroupStart[];
  readonly #queues = new Map<string, QueueState>();
  readonly #running = new Set<string>();

  constructor(members: readonly string[][]) {
    const groups = members.map((services, index): Group => ({ id: `g${index}`, services }));
    this.#untriggered = groups.flatMap((one) => one.services.map((service) => start(one, service)));
  }

  /** A trigger is taken, or one that was taken goes into its queue. */
  step(choice: number): void {
    const ready = this.starts.filter(
      (one) => !one.placed && groupsAhead(this.starts, one.eventId).length === 0,
    );
    const can = [...this.#untriggered, ...ready];
    const next = can[choice % can.length];
    if (next === undefined) return;
    if (ready.includes(next)) this.#place(next);
    else this.starts.push(...this.#untriggered.splice(this.#untriggered.indexOf(next), 1));
  }

  done(): boolean {
    return this.#untriggered.length === 0 && this.starts.every(({ ended }) => ended);
  }

  #place(one: GroupStart): void {
    one.placed = true;
    this.#tell(one.service, {
      kind: 'enqueue',
      runId: one.eventId,
      keptnContext: one.eventId,
      sequence: 'delivery',
    });
  }

  #tell(service: string, message: Parameters<typeof admit>[1]): void {
    const { state, commands } = admit(this.#queues.get(service) ?? emptyQueue(), message);
    this.#queues.set(service, state);
    for (const command of commands) if (command.kind === 'startRun') this.#running.add(command.runId);
    const whole = this.starts.filter(({ ended, group }) => {
      const runs = group.services.map((name) => `${group.id}/${name}`);
      return !ended && runs.every((run) => this.#running.has(run));
    });
    for (const one of whole) one.ended = true;
    for (const one of whole) this.#tell(one.service, { kind: 'done', runId: one.eventId });
  }
}
