import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  admit,
  emptyQueue,
  type QueueCommand,
  type QueueMessage,
  type QueueState,
  waitingOrder,
} from '../../../src/sequence/queue.ts';
import type { ConcurrencyMode } from '../../../src/sequence/types.ts';

/** A queue under test, with the commands of its last step as text. */
class Driver {
  state: QueueState = emptyQueue();
  commands: QueueCommand[] = [];

  tell(message: QueueMessage): string[] {
    const given = this.state;
    const before = JSON.stringify(given);
    const { state, commands } = admit(given, message);
    assert.equal(JSON.stringify(given), before, 'the given state was changed');
    this.state = state;
    this.commands = commands;
    return commands.map((command) =>
      'runId' in command ? `${command.kind} ${command.runId}` : command.kind,
    );
  }

  add(runId: string, mode?: ConcurrencyMode, keptnContext = runId): string[] {
    const concurrency = mode === undefined ? {} : { concurrency: { mode, hold: [] } };
    return this.tell({ kind: 'enqueue', runId, keptnContext, sequence: 'delivery', ...concurrency });
  }
}

describe('a queue of one project, stage and service', () => {
  it('starts runs one after the other in order of arrival', () => {
    const queue = new Driver();
    assert.deepEqual(queue.add('a'), ['startRun a']);
    assert.deepEqual(queue.add('b'), []);
    assert.deepEqual(queue.add('c'), []);
    assert.deepEqual(waitingOrder(queue.state), ['b', 'c']);
    assert.deepEqual(queue.tell({ kind: 'done', runId: 'a' }), ['startRun b']);
    assert.deepEqual(queue.tell({ kind: 'done', runId: 'b' }), ['startRun c']);
    assert.deepEqual(queue.tell({ kind: 'done', runId: 'c' }), []);
    assert.deepEqual(queue.state, emptyQueue());
  });

  it('lets others by a paused run that has not started, unless it holds its place during a pause', () => {
    for (const [hold, expected] of [
      [[], ['startRun c']],
      [['pause'], []],
    ] as const) {
      const queue = new Driver();
      queue.tell({ kind: 'pauseContext', keptnContext: 'b' });
      const concurrency = { mode: 'queue' as const, hold: [...hold] };
      queue.tell({ kind: 'enqueue', runId: 'b', keptnContext: 'b', sequence: 'delivery', concurrency });
      assert.deepEqual(queue.add('c'), expected);
    }
  });

  it('takes a run only once and ignores runs that it does not know', () => {
    const queue = new Driver();
    queue.add('a');
    assert.deepEqual(queue.add('a'), ['ignored']);
    assert.deepEqual(queue.tell({ kind: 'done', runId: 'x' }), ['ignored']);
    assert.deepEqual(queue.tell({ kind: 'requested', runId: 'a' }), ['ignored']);
  });

  it('never lets a context wait for itself', () => {
    const queue = new Driver();
    queue.add('a', 'queue', 'ctx');
    assert.deepEqual(queue.add('b', 'queue', 'ctx'), ['startRun b']);
  });

  it('lets an earlier waiting run of another context go before a follow-up', () => {
    const queue = new Driver();
    queue.add('a', 'queue', 'ctx');
    queue.add('other');
    assert.deepEqual(queue.add('follow-up', 'queue', 'ctx'), []);
    assert.deepEqual(queue.tell({ kind: 'done', runId: 'a' }), ['startRun other']);
  });

  it('is not held up by a run that waits for a person, which then waits for its turn', () => {
    const queue = new Driver();
    queue.add('a');
    queue.add('b');
    assert.deepEqual(queue.tell({ kind: 'released', runId: 'a' }), ['startRun b']);
    assert.deepEqual(queue.tell({ kind: 'requested', runId: 'a' }), []);
    queue.add('c');
    assert.deepEqual(waitingOrder(queue.state), ['a', 'c']);
    assert.deepEqual(queue.tell({ kind: 'done', runId: 'b' }), ['grantSlot a'], 'started runs go first');
    assert.deepEqual(queue.tell({ kind: 'done', runId: 'a' }), ['startRun c']);
  });

  it('gives places back in the order in which they were asked for', () => {
    const queue = new Driver();
    for (const run of ['a', 'b', 'c']) {
      queue.add(run);
      if (run !== 'c') queue.tell({ kind: 'released', runId: run });
    }
    queue.tell({ kind: 'requested', runId: 'b' });
    queue.tell({ kind: 'requested', runId: 'a' });
    assert.deepEqual(queue.tell({ kind: 'done', runId: 'c' }), ['grantSlot b']);
  });

  it('passes over runs of a paused context until it is resumed', () => {
    const queue = new Driver();
    queue.add('a');
    queue.add('b');
    queue.add('c');
    queue.tell({ kind: 'pauseContext', keptnContext: 'b' });
    assert.deepEqual(queue.tell({ kind: 'done', runId: 'a' }), ['startRun c']);
    assert.deepEqual(queue.tell({ kind: 'resumeContext', keptnContext: 'b' }), []);
    assert.deepEqual(queue.tell({ kind: 'done', runId: 'c' }), ['startRun b']);
  });

  it('lets a parallel run neither wait nor be waited for', () => {
    const queue = new Driver();
    queue.add('a');
    assert.deepEqual(queue.add('p', 'parallel'), ['startRun p']);
    queue.add('b');
    assert.deepEqual(queue.tell({ kind: 'done', runId: 'a' }), ['startRun b']);
  });

  it('drops a skipping run while one of the same sequence is there', () => {
    const queue = new Driver();
    queue.add('a');
    assert.deepEqual(queue.add('s', 'skip'), ['dropRun s']);
    queue.tell({ kind: 'done', runId: 'a' });
    assert.deepEqual(queue.add('s', 'skip'), ['startRun s']);
  });

  it('drops waiting runs and aborts the started one when a replacing run comes, once', () => {
    const queue = new Driver();
    queue.add('a');
    queue.add('b');
    assert.deepEqual(queue.add('r', 'replace'), ['abortRun a', 'dropRun b']);
    assert.deepEqual(queue.add('r2', 'replace'), ['dropRun r']);
    assert.deepEqual(queue.tell({ kind: 'done', runId: 'a' }), ['startRun r2']);
  });

  it('lets a replacing run wait until a run in an approval has ended', () => {
    const queue = new Driver();
    queue.add('a');
    queue.tell({ kind: 'released', runId: 'a' });
    assert.deepEqual(queue.add('r', 'replace'), ['abortRun a']);
    assert.deepEqual(queue.tell({ kind: 'done', runId: 'a' }), ['startRun r']);
  });

  it('keeps one run busy at a time and the order of arrival, whatever happens', () => {
    const runs = ['a', 'b', 'c', 'd', 'e'];
    const kinds = fc.constantFrom('enqueue', 'released', 'requested', 'done');
    const steps = fc.array(fc.tuple(kinds, fc.constantFrom(...runs)), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (script) => {
        const queue = new Driver();
        const arrived: string[] = [];
        const started: string[] = [];
        for (const [kind, runId] of script) {
          if (kind === 'enqueue' && arrived.includes(runId)) continue;
          if (kind === 'done' && !started.includes(runId)) continue;
          if (kind === 'enqueue') {
            arrived.push(runId);
            queue.add(runId);
          } else queue.tell({ kind, runId } as QueueMessage);
          for (const command of queue.commands) if (command.kind === 'startRun') started.push(command.runId);
          const busy = queue.state.entries.filter(({ phase }) => phase === 'running');
          assert.ok(busy.length <= 1, `${busy.length} runs are busy`);
          const idle = queue.state.entries.some(({ phase }) => phase === 'waiting' || phase === 'requested');
          assert.ok(!idle || busy.length === 1, 'a run waits for nobody');
        }
        assert.deepEqual(started, arrived.slice(0, started.length), 'started out of order');
        assert.equal(new Set(started).size, started.length, 'started twice');
      }),
    );
  });
});
