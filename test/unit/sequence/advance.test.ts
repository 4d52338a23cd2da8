import assert from 'node:assert/strict';
import { advance, createSequence } from '../../../src/sequence/advance.ts';
import type { Json, JsonObject } from '../../../src/sequence/json.ts';
import { executionState, stageView } from '../../../src/sequence/state-view.ts';
import type {
  SequenceCommand,
  SequenceInput,
  SequenceMessage,
  SequenceState,
} from '../../../src/sequence/types.ts';

const SCOPE = { project: 'p', stage: 'dev', service: 's' };

/** A sequence under test, with the commands of its last step. */
class Driver {
  state: SequenceState;
  commands: SequenceCommand[] = [];
  #ids = 0;

  constructor(input: Partial<SequenceInput> = {}) {
    this.state = createSequence({
      ...SCOPE,
      sequence: 'delivery',
      keptnContext: 'c',
      triggeredId: 'trigger',
      tasks: [{ name: 'deployment' }, { name: 'release' }],
      triggerData: SCOPE,
      ...input,
    });
  }

  tell(message: SequenceMessage): this {
    const before = JSON.stringify(this.state);
    const given = this.state;
    const { state, commands } = advance(this.state, message, () => `task-${++this.#ids}`);
    assert.equal(JSON.stringify(given), before, 'the given state was changed');
    assert.deepEqual(JSON.parse(JSON.stringify(state)), state, 'the state is not plain JSON');
    this.state = state;
    this.commands = commands;
    return this;
  }

  started(eventId = 'e1', triggeredId = `task-${this.#ids}`): this {
    return this.tell({ kind: 'started', eventId, triggeredId, source: 'x', data: SCOPE });
  }

  finished(data: JsonObject = {}, eventId = `f${this.#ids}`, triggeredId = `task-${this.#ids}`): this {
    const full = { ...SCOPE, result: 'pass', status: 'succeeded', ...data };
    return this.tell({ kind: 'finished', eventId, triggeredId, source: 'x', data: full });
  }

  get kinds(): string[] {
    return this.commands.map(({ kind }) => kind);
  }

  last<K extends SequenceCommand['kind']>(kind: K): Extract<SequenceCommand, { kind: K }> {
    const found = this.commands.find((command) => command.kind === kind);
    assert.ok(found, `expected ${kind}, got ${this.kinds.join(', ')}`);
    return found as Extract<SequenceCommand, { kind: K }>;
  }
}

describe('a sequence', () => {
  it('runs its tasks in order and ends with the result of the last one', () => {
    const run = new Driver().tell({ kind: 'begin' });
    assert.equal(run.last('triggerTask').eventType, 'sh.keptn.event.deployment.triggered');
    run.started().finished({ result: 'warning' });
    assert.equal(run.last('triggerTask').taskName, 'release');
    assert.deepEqual(run.last('triggerTask').data, { ...SCOPE, result: 'warning', status: 'succeeded' });
    run.started().finished();
    const end = run.last('finishSequence');
    assert.deepEqual([end.outcome, end.result, end.status], ['finished', 'pass', 'succeeded']);
    assert.equal(end.triggeredId, 'trigger');
    assert.deepEqual(end.lastTask, { name: 'release', result: 'pass', status: 'succeeded' });
    assert.equal(executionState(run.state), 'finished');
  });

  it('takes a finished event that comes before its started event', () => {
    const run = new Driver().tell({ kind: 'begin' }).finished();
    assert.deepEqual(run.kinds, []);
    assert.deepEqual(run.started().kinds, ['triggerTask']);
  });

  it('counts started and finished events, not sources', () => {
    const run = new Driver().tell({ kind: 'begin' }).started('a').started('b').finished({}, 'c');
    assert.deepEqual(run.kinds, []);
    assert.deepEqual(run.finished({ result: 'fail' }, 'd').kinds, ['finishSequence']);
  });

  it('takes an event id only once', () => {
    const run = new Driver()
      .tell({ kind: 'begin' })
      .started('a')
      .started('b')
      .finished({}, 'c')
      .finished({}, 'c');
    assert.match(run.last('ignored').reason, /received before/);
    assert.equal(run.last('ignored').eventId, 'c');
  });

  it('ignores events for a task that is not open, and everything after its end', () => {
    const run = new Driver().tell({ kind: 'begin' }).started('a', 'unknown');
    assert.match(run.last('ignored').reason, /no open task/);
    run.tell({ kind: 'abort' }).tell({ kind: 'resume' });
    assert.match(run.last('ignored').reason, /has ended/);
  });

  it('ignores a second begin and a resume without a pause', () => {
    const run = new Driver().tell({ kind: 'begin' });
    assert.deepEqual(run.tell({ kind: 'begin' }).kinds, ['ignored']);
    assert.deepEqual(run.tell({ kind: 'resume' }).kinds, ['ignored']);
    assert.deepEqual(run.tell({ kind: 'slotGranted' }).kinds, ['ignored']);
  });

  it('refuses data that is nested too deep', () => {
    let deep: Json = 'x';
    for (let level = 0; level < 5000; level += 1) deep = [deep];
    const run = new Driver().tell({ kind: 'begin' }).started().finished({ deep });
    assert.match(run.last('ignored').reason, /too deep/);
  });

  it('keeps project, stage and service when a responder names others', () => {
    const run = new Driver()
      .tell({ kind: 'begin' })
      .started()
      .finished({ stage: 'production', project: 'q' });
    assert.deepEqual(run.last('triggerTask').data, { ...SCOPE, result: 'pass', status: 'succeeded' });
  });

  it('says in its finished event what the last received event said, and no task payload', () => {
    const run = new Driver().tell({ kind: 'begin' }).started();
    run.finished({ result: 'fail', message: 'no space', labels: { build: '1' }, deployment: { x: 'y' } });
    const end = run.last('finishSequence');
    assert.deepEqual(end.data, {
      ...SCOPE,
      labels: { build: '1' },
      message: 'no space',
      status: 'succeeded',
      result: 'fail',
    });
    assert.deepEqual(end.forward.deployment, { x: 'y' });
  });

  it('ends at once when it has no tasks', () => {
    const end = new Driver({ tasks: [] }).tell({ kind: 'begin' }).last('finishSequence');
    assert.deepEqual([end.status, end.result], ['errored', 'fail']);
    assert.match(
      String(end.data.message),
      /^Unable to start sequence delivery: .*does not contain any tasks$/,
    );
  });

  it('goes on after the tasks that an earlier run completed', () => {
    const done = { index: 0, triggeredId: 't', result: 'pass', status: 'succeeded' } as const;
    const run = new Driver({
      completed: [{ name: 'deployment', ...done, properties: { deployment: { a: 'b' } } }],
    });
    run.tell({ kind: 'begin' });
    assert.equal(run.last('triggerTask').taskName, 'release');
    assert.deepEqual(run.last('triggerTask').data.deployment, { a: 'b' });
  });
});

describe('a delayed task', () => {
  const tasks = [{ name: 'evaluation', triggeredAfter: 900_000 }];

  it('asks for a timer and is sent when it fires', () => {
    const run = new Driver({ tasks }).tell({ kind: 'begin' });
    assert.deepEqual(run.commands, [
      { kind: 'delayTask', taskName: 'evaluation', index: 0, triggeredId: 'task-1', delayMs: 900_000 },
    ]);
    run.tell({ kind: 'delayElapsed', triggeredId: 'task-1' });
    assert.equal(run.last('triggerTask').delayMs, 900_000);
    assert.equal(run.last('triggerTask').triggeredId, 'task-1');
  });

  it('takes no events and no timeout before it is sent', () => {
    const run = new Driver({ tasks }).tell({ kind: 'begin' }).started();
    assert.deepEqual(run.kinds, ['ignored']);
    run.tell({ kind: 'timeout', waitingFor: 'started', triggeredId: 'task-1' });
    assert.deepEqual(run.kinds, ['ignored']);
  });

  it('stays held back when the timer fires during a pause', () => {
    const run = new Driver({ tasks }).tell({ kind: 'begin' }).tell({ kind: 'pause' });
    assert.deepEqual(run.kinds, ['releaseSlot']);
    assert.deepEqual(run.tell({ kind: 'delayElapsed', triggeredId: 'task-1' }).kinds, []);
    assert.deepEqual(run.tell({ kind: 'resume' }).kinds, ['acquireSlot']);
    assert.deepEqual(run.tell({ kind: 'slotGranted' }).kinds, ['triggerTask']);
  });

  it('can give its place in the queue up while it waits', () => {
    const run = new Driver({ tasks, concurrency: { mode: 'queue', hold: [] } }).tell({ kind: 'begin' });
    assert.deepEqual(run.kinds, ['delayTask', 'releaseSlot']);
    assert.deepEqual(run.tell({ kind: 'delayElapsed', triggeredId: 'task-1' }).kinds, ['acquireSlot']);
    assert.deepEqual(run.tell({ kind: 'slotGranted' }).kinds, ['triggerTask']);
  });
});

describe('a paused sequence', () => {
  it('lets its running task finish and triggers nothing until it is resumed', () => {
    const run = new Driver().tell({ kind: 'begin' }).started().tell({ kind: 'pause' });
    assert.deepEqual(run.kinds, [], 'the place in the queue is kept while the task runs');
    assert.equal(executionState(run.state), 'paused');
    assert.deepEqual(run.finished().kinds, ['releaseSlot']);
    assert.deepEqual(run.tell({ kind: 'resume' }).kinds, ['acquireSlot']);
    assert.deepEqual(run.tell({ kind: 'slotGranted' }).kinds, ['triggerTask']);
  });

  it('holds its end back too, so that no follow-up starts', () => {
    const run = new Driver({ tasks: [{ name: 'a' }] })
      .tell({ kind: 'begin' })
      .started()
      .tell({ kind: 'pause' });
    assert.deepEqual(run.finished().kinds, ['releaseSlot']);
    assert.deepEqual(run.tell({ kind: 'resume' }).kinds, ['finishSequence']);
  });

  it('gives a place back that is granted during the pause', () => {
    const run = new Driver().tell({ kind: 'begin' }).started().tell({ kind: 'pause' }).finished();
    run.tell({ kind: 'resume' }).tell({ kind: 'pause' });
    assert.deepEqual(run.tell({ kind: 'slotGranted' }).kinds, ['releaseSlot']);
  });

  it('asks for its place only once and sends nothing before it has it', () => {
    const run = new Driver().tell({ kind: 'begin' }).started().tell({ kind: 'pause' }).finished();
    assert.deepEqual(run.tell({ kind: 'resume' }).kinds, ['acquireSlot']);
    run.tell({ kind: 'pause' });
    assert.deepEqual(run.tell({ kind: 'resume' }).kinds, []);
    assert.deepEqual(run.tell({ kind: 'slotGranted' }).kinds, ['triggerTask']);
  });

  it('keeps its place when x-concurrency says so', () => {
    const run = new Driver({ concurrency: { mode: 'queue', hold: ['pause'] } }).tell({ kind: 'begin' });
    assert.deepEqual(run.started().tell({ kind: 'pause' }).finished().kinds, []);
    assert.deepEqual(run.tell({ kind: 'resume' }).kinds, ['triggerTask']);
  });
});

describe('a timeout', () => {
  it('of a task that nobody answers ends the sequence in Keptn’s words, without follow-ups', () => {
    const run = new Driver().tell({ kind: 'begin' });
    run.tell({ kind: 'timeout', waitingFor: 'started', triggeredId: 'task-1' });
    const end = run.last('finishSequence');
    assert.deepEqual([end.outcome, end.status, end.result], ['timedOut', 'errored', 'fail']);
    assert.equal(
      end.data.message,
      'sequence timed out while waiting for task sh.keptn.event.deployment.triggered to receive a correlating .started or .finished event',
    );
    assert.deepEqual(end.openTask, { name: 'deployment', triggeredId: 'task-1' });
    assert.equal(executionState(run.state), 'timedOut');
  });

  it('has the labels of the task that nobody answered', () => {
    const run = new Driver({ triggerData: { ...SCOPE, labels: { build: '7' } } }).tell({ kind: 'begin' });
    run.started().finished({ labels: { tests: 'all' } });
    run.tell({ kind: 'timeout', waitingFor: 'started', triggeredId: 'task-2' });
    assert.deepEqual(run.last('finishSequence').data.labels, { build: '7', tests: 'all' });
  });

  it('for the first answer is ignored once there is one, the one for the end is not', () => {
    const run = new Driver().tell({ kind: 'begin' }).started();
    assert.deepEqual(run.tell({ kind: 'timeout', waitingFor: 'started', triggeredId: 'task-1' }).kinds, [
      'ignored',
    ]);
    run.tell({ kind: 'timeout', waitingFor: 'finished', triggeredId: 'task-1' });
    assert.match(String(run.last('finishSequence').data.message), /correlating \.finished event$/);
  });

  it('of a task that is done is ignored', () => {
    const run = new Driver().tell({ kind: 'begin' }).started().finished();
    assert.deepEqual(run.tell({ kind: 'timeout', waitingFor: 'finished', triggeredId: 'task-1' }).kinds, [
      'ignored',
    ]);
  });

  it('of the whole sequence ends it whatever is open', () => {
    const run = new Driver().tell({ kind: 'begin' }).tell({ kind: 'timeout', waitingFor: 'sequence' });
    assert.match(String(run.last('finishSequence').data.message), /while task deployment was open/);
  });
});

describe('an aborted sequence', () => {
  it('ends as aborted with result pass and names who did it and the open task', () => {
    const run = new Driver().tell({ kind: 'begin' }).started();
    const end = run.tell({ kind: 'abort', by: 'ann', reason: 'wrong build' }).last('finishSequence');
    assert.deepEqual([end.outcome, end.status, end.result], ['aborted', 'aborted', 'pass']);
    assert.equal(end.data.message, 'aborted by ann: wrong build');
    assert.equal(end.openTask?.name, 'deployment');
  });

  it('has the labels and the message of its trigger, not those of an answer (Keptn 1.4.5)', () => {
    const triggerData = { ...SCOPE, labels: { build: '7' }, message: 'please' };
    const run = new Driver({ triggerData }).tell({ kind: 'begin' });
    run.tell({
      kind: 'started',
      eventId: 'e',
      triggeredId: 'task-1',
      source: 'x',
      data: { labels: { a: '1' } },
    });
    assert.deepEqual(run.tell({ kind: 'abort' }).last('finishSequence').data, {
      ...SCOPE,
      labels: { build: '7' },
      message: 'please',
      status: 'aborted',
      result: 'pass',
    });
  });

  it('can be aborted before it began', () => {
    const run = new Driver().tell({ kind: 'abort' });
    assert.equal(executionState(run.state), 'aborted');
    assert.deepEqual(run.tell({ kind: 'begin' }).kinds, ['ignored']);
  });
});

describe('an approval task', () => {
  const tasks = [
    { name: 'approval', properties: { pass: 'automatic', warning: 'manual' } },
    { name: 'release' },
  ];
  const triggered = (result: string): Driver =>
    new Driver({ tasks, triggerData: { ...SCOPE, result } }).tell({ kind: 'begin' });

  it('gives the place in the queue up while a person decides, and asks for it again', () => {
    const run = triggered('warning');
    assert.deepEqual(run.kinds, ['triggerTask', 'releaseSlot']);
    assert.equal(run.last('triggerTask').waitsForApproval, true);
    assert.equal(executionState(run.state), 'waitingForApproval');
    assert.deepEqual(run.started().finished().kinds, ['acquireSlot']);
    assert.deepEqual(run.tell({ kind: 'slotGranted' }).kinds, ['triggerTask']);
  });

  it('keeps its place when it is decided at once', () => {
    const run = triggered('pass');
    assert.deepEqual(run.kinds, ['triggerTask']);
    assert.equal(executionState(run.state), 'started');
  });

  it('ends the sequence without asking for the place when it is declined', () => {
    const run = triggered('warning').started().finished({ result: 'fail' });
    assert.deepEqual(run.kinds, ['finishSequence']);
  });
});

describe('a repeated get-action', () => {
  it('reads the index that the last one answered, which Keptn never updated beyond 1', () => {
    const run = new Driver({
      tasks: [{ name: 'get-action' }, { name: 'action' }, { name: 'get-action' }],
      triggerData: { ...SCOPE, 'get-action': { actionIndex: 1 } },
    }).tell({ kind: 'begin' });
    run.started().finished({ 'get-action': { actionIndex: 2 } });
    assert.deepEqual(run.last('triggerTask').data['get-action'], { actionIndex: 1 }, 'payload as in Keptn');
    run.started().finished();
    assert.deepEqual(run.last('triggerTask').data['get-action'], { actionIndex: 2 });
    const end = run
      .started()
      .finished({ 'get-action': { actionIndex: 3 }, result: 'fail' })
      .last('finishSequence');
    assert.deepEqual(end.forward['get-action'], { actionIndex: 3 });
  });
});

describe('newest payload numbers', () => {
  it('reach the next task when the shipyard asks for them', () => {
    const input = { payloadNumbers: 'newest', triggerData: { ...SCOPE, score: 1 } } as const;
    const run = new Driver(input).tell({ kind: 'begin' }).started().finished({ score: 2 });
    assert.equal(run.last('triggerTask').data.score, 2);
  });
});

describe('the stage view of a run', () => {
  it('shows image, evaluation and status', () => {
    const image = { values: { image: 'carts:1' } };
    const run = new Driver({
      tasks: [{ name: 'evaluation' }],
      triggerData: { ...SCOPE, configurationChange: image },
    }).tell({ kind: 'begin' });
    assert.deepEqual(stageView(run.state), { name: 'dev', image: 'carts:1', state: 'triggered' });
    run.started().finished({ result: 'warning', evaluation: { score: 80 } });
    assert.deepEqual(stageView(run.state), {
      name: 'dev',
      image: 'carts:1',
      state: 'succeeded',
      latestEvaluation: { result: 'warning', score: 80 },
    });
  });
});
