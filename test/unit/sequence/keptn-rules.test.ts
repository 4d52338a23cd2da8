import assert from 'node:assert/strict';
import { simulateLine } from '../../../src/cli/simulate/batch.ts';
import type { Json, JsonObject } from '../../../src/sequence/json.ts';

const SCOPE = { project: 'p', stage: 'dev', service: 's' };

interface Answer extends JsonObject {
  kind: 'started' | 'finished';
}
interface Played {
  error?: string;
  order?: string[];
  events?: { type: string; stage: string; data: JsonObject; delay?: string }[];
}

/** One shipyard with one stage dev, whose sequence `delivery` has these tasks (YAML in flow style), and what is behind it. */
function yard(tasks: string, more = ''): string {
  return `apiVersion: spec.keptn.sh/0.2.2\nspec:\n  stages:\n  - name: dev\n    sequences:\n    - {name: delivery, tasks: ${tasks}}\n${more}`;
}

/** Plays dev.delivery (or another sequence of dev) with these answers to each task. */
function play(
  shipyard: string,
  answers: { [task: string]: Answer[] } = {},
  { data = {}, sequence = 'delivery' }: { data?: JsonObject; sequence?: string } = {},
): Played {
  const responses = Object.entries(answers).map(([task, events]) => ({
    stage: task.includes('@') ? (task.split('@')[1] ?? '') : 'dev',
    task: task.split('@')[0] ?? '',
    events,
  }));
  const trigger = { type: `sh.keptn.event.dev.${sequence}.triggered`, data: { ...SCOPE, ...data } };
  return simulateLine(JSON.stringify({ shipyard, trigger, responses }), 1) as Played;
}

function started(data: JsonObject = {}): Answer {
  return { kind: 'started', source: 'x', data };
}

function finished(result = 'pass', status = 'succeeded', data: JsonObject = {}): Answer {
  return { kind: 'finished', source: 'x', result, status, data };
}

/** Data of the first event whose type ends like this. */
function dataOf({ events, error }: Played, ending: string): JsonObject {
  const event = events?.find(({ type }) => type.endsWith(ending));
  assert.ok(event, error ?? `no event ends with ${ending}`);
  return event.data;
}

/** Result and status of dev.delivery after these answers to its only task. */
function outcome(...answers: Answer[]): Json[] {
  const end = dataOf(play(yard('[{name: a}]'), { a: answers }), 'dev.delivery.finished');
  return [end.result ?? null, end.status ?? null];
}

describe('several responders of one task', () => {
  it('are aggregated: one that is neither pass nor warning fails the task, errored wins over aborted', () => {
    const two = [started(), started()];
    assert.deepEqual(outcome(...two, finished('warning'), finished('fail')), ['fail', 'succeeded']);
    assert.deepEqual(outcome(...two, finished('pass', 'aborted'), finished('pass')), ['pass', 'aborted']);
    assert.deepEqual(outcome(...two, finished('pass', 'aborted'), finished('pass', 'errored')), [
      'pass',
      'errored',
    ]);
    assert.deepEqual(outcome(...two, finished('pass', 'unknown'), finished('pass')), ['fail', 'unknown']);
    assert.deepEqual(outcome(...two, finished('PASS'), finished('pass')), ['fail', 'succeeded']);
  });

  it('may finish before they start, and are done when the numbers are equal', () => {
    assert.deepEqual(outcome(finished('pass'), finished('warning'), started(), started()), [
      'warning',
      'succeeded',
    ]);
    const open = play(yard('[{name: a}]'), { a: [started(), started(), finished()] });
    assert.deepEqual(open.order, ['sh.keptn.event.a.triggered @dev']);
  });

  it('hand on what both answered: newer texts, lists in front, older numbers', () => {
    const answer = (text: string, score: number) =>
      finished('pass', 'succeeded', { a: { text, score, list: [text], gone: null } });
    const played = play(yard('[{name: a}, {name: b}]'), {
      a: [started(), started(), answer('one', 1), answer('two', 2)],
    });
    assert.deepEqual(dataOf(played, '.b.triggered').a, {
      text: 'two',
      score: 1,
      list: ['two', 'one'],
      gone: null,
    });
  });
});

describe('the finished event of a sequence', () => {
  it('has the labels and the message of the event that came last, also when that was a started event', () => {
    const first = finished('pass', 'succeeded', { labels: { a: '1' }, message: 'done' });
    const late = play(yard('[{name: a}]'), { a: [first, started({ labels: { b: '2' } })] });
    assert.deepEqual(dataOf(late, 'dev.delivery.finished'), {
      ...SCOPE,
      labels: { b: '2' },
      status: 'succeeded',
      result: 'pass',
    });
  });

  it('leaves labels out that are empty, as Go does', () => {
    const played = play(yard('[{name: a}]'), {
      a: [started(), finished('pass', 'succeeded', { labels: {} })],
    });
    assert.equal('labels' in dataOf(played, 'dev.delivery.finished'), false);
  });

  it('of one that could not start has the labels of its trigger and the reason', () => {
    const trigger = { data: { labels: { build: '7' } }, sequence: 'nope' };
    assert.deepEqual(dataOf(play(yard('[{name: a}]'), {}, trigger), '.nope.finished'), {
      ...SCOPE,
      labels: { build: '7' },
      message: 'Unable to start sequence nope: no task sequence with name nope found in stage dev',
      status: 'errored',
      result: 'fail',
    });
  });
});

describe('the data of a task', () => {
  it('has its properties below its name, also empty ones, laid over what was there', () => {
    const first = (properties: string, data: JsonObject = {}) =>
      dataOf(play(yard(`[{name: a, properties: ${properties}}]`), {}, { data }), '.a.triggered').a;
    assert.deepEqual(first('{}'), {});
    assert.deepEqual(first('{}', { a: [1] }), {});
    assert.equal(first('~'), undefined);
    assert.equal(first('~', { a: 'kept' }), 'kept');
    assert.deepEqual(
      first('{n: 2, s: new, l: [2], o: {y: 2}, z: ~}', {
        a: { n: 1, s: 'old', l: [1], o: { x: 1 }, z: 'z' },
      }),
      {
        n: 1,
        s: 'new',
        l: [2, 1],
        o: { x: 1, y: 2 },
        z: '',
      },
    );
  });

  it('ignores properties that are no mapping', () => {
    for (const properties of ['text', '[1]', '5', '[]', '""']) {
      const played = play(yard(`[{name: a, properties: ${properties}}]`));
      assert.deepEqual(dataOf(played, '.a.triggered'), SCOPE, properties);
    }
  });

  it('reads scalars as Go does: yes is a text, 0777 is octal, an unquoted date is a time', () => {
    const properties =
      '{a: yes, b: 0777, c: 2022-01-02, d: "2022-01-02", e: 1_000, f: 2022-01-02 3:04:05.60}';
    const read = dataOf(play(yard(`[{name: a, properties: ${properties}}]`)), '.a.triggered').a;
    assert.deepEqual(read, {
      a: 'yes',
      b: 511,
      c: '2022-01-02T00:00:00Z',
      d: '2022-01-02',
      e: 1000,
      f: '2022-01-02T03:04:05.6Z',
    });
  });

  it('has a blanked message, but leaves null alone', () => {
    const first = (message: Json) =>
      dataOf(play(yard('[{name: a}]'), {}, { data: { message } }), '.a.triggered').message;
    assert.equal(first('hello'), '');
    assert.equal(first(null), null);
  });

  it('has the result of the run before in its first task only', () => {
    const data = { result: 'warning', status: 'aborted' };
    const played = play(yard('[{name: a}, {name: b}]'), { a: [started(), finished()] }, { data });
    const { result, status } = dataOf(played, '.a.triggered');
    assert.deepEqual([result, status], ['warning', 'aborted']);
    assert.equal(dataOf(played, '.b.triggered').result, 'pass');
  });
});

describe('a delay', () => {
  it('is taken when Go reads it as more than nothing, and otherwise left out', () => {
    const delay = (text: string) => play(yard(`[{name: a, triggeredAfter: ${text}}]`)).events?.[0]?.delay;
    for (const text of ['15m', '1h30m', '.5s', '+3s']) assert.equal(delay(text), text);
    for (const text of ['0', '0s', '-5m', '10', '1d', '5M', '"5 m"', '""', '~'])
      assert.equal(delay(text), undefined, text);
  });
});

describe('a trigger', () => {
  const more = (triggers: string) =>
    `  - name: prod\n    sequences:\n    - {name: go, triggeredOn: ${triggers}, tasks: [{name: c}]}\n`;
  const fired = (triggers: string, result: string, status = 'succeeded') =>
    play(yard('[{name: a}, {name: b}]', more(triggers)), {
      a: [started(), finished()],
      b: [started(), finished(result, status)],
    }).order?.filter((line) => line === 'sh.keptn.event.prod.go.triggered @prod').length;

  it('without a selector fires on pass and warning, whatever the status', () => {
    for (const selector of [
      '',
      ', selector: ~',
      ', selector: {}',
      ', selector: {match: ~}',
      ', selector: {match: {}}',
    ]) {
      const trigger = `[{event: dev.delivery.finished${selector}}]`;
      assert.deepEqual(
        ['pass', 'warning', 'fail'].map((result) => fired(trigger, result)),
        [1, 1, 0],
        selector,
      );
    }
    assert.equal(fired('[{event: dev.delivery.finished}]', 'pass', 'errored'), 1);
  });

  it('with several keys fires when one of them fits, and never by a key that is not looked at', () => {
    const on = (match: string) => `[{event: dev.delivery.finished, selector: {match: ${match}}}]`;
    assert.equal(fired(on('{result: fail, b.result: warning}'), 'warning'), 1);
    assert.equal(fired(on('{a.result: pass}'), 'pass'), 0);
    assert.equal(fired(on('{deployment.status: pass, foo: pass}'), 'pass'), 0);
    assert.equal(fired(on('{result: ~}'), 'pass'), 0);
  });

  it('that matches twice starts its sequence twice, and one without an event never', () => {
    assert.equal(fired('[{event: dev.delivery.finished}, {event: dev.delivery.finished}]', 'pass'), 2);
    assert.equal(fired('[{}, {event: ~}, {event: sh.keptn.event.dev.delivery.finished}]', 'pass'), 0);
  });

  it('of the second sequence of a name starts the first', () => {
    const stages = `  - name: prod\n    sequences:\n    - {name: go, tasks: [{name: first}]}\n    - {name: go, triggeredOn: [{event: dev.delivery.finished}], tasks: [{name: second}]}\n`;
    const played = play(yard('[{name: a}]', stages), { a: [started(), finished()] });
    assert.equal(played.order?.at(-1), 'sh.keptn.event.first.triggered @prod');
  });

  it('of a sequence without tasks is answered by its failed end, which triggers nothing', () => {
    const stages = `  - name: prod\n    sequences:\n    - {name: go, triggeredOn: [{event: dev.delivery.finished}]}\n    - {name: back, triggeredOn: [{event: prod.go.finished, selector: {match: {result: fail}}}], tasks: [{name: c}]}\n`;
    const played = play(yard('[{name: a}]', stages), { a: [started(), finished()] });
    assert.deepEqual(played.order?.slice(-2), [
      'sh.keptn.event.prod.go.triggered @prod',
      'sh.keptn.event.prod.go.finished @prod',
    ]);
  });

  it('hears the built-in evaluation of a stage that has no sequences', () => {
    const shipyard = `apiVersion: 0.2.0\nspec:\n  stages:\n  - name: dev\n${more('[{event: dev.evaluation.finished}]')}`;
    const answers = { evaluation: [started(), finished('warning')] };
    const played = play(shipyard, answers, { sequence: 'evaluation' });
    assert.equal(played.order?.at(-1), 'sh.keptn.event.c.triggered @prod');
  });
});
