import assert from 'node:assert/strict';
import { decideApproval } from '../../../src/sequence/approval.ts';
import { formatDuration, parseDuration } from '../../../src/sequence/duration.ts';
import { selects } from '../../../src/sequence/follow-ups.ts';
import { chooseAction, getActionFinished } from '../../../src/sequence/get-action.ts';
import { type OverallPart, overallState } from '../../../src/sequence/state-view.ts';

describe('an approval', () => {
  const automatic = { pass: 'automatic', warning: 'automatic' };
  const decide = (data: Parameters<typeof decideApproval>[0]): string => {
    const decision = decideApproval(data);
    return decision.kind === 'automatic' ? decision.result : decision.kind;
  };

  it('passes by itself where the strategy for the result is automatic, also for a warning', () => {
    assert.equal(decide({ result: 'pass', approval: automatic }), 'pass');
    assert.equal(decide({ result: 'warning', approval: automatic }), 'pass');
  });

  it('waits for a person where the strategy is manual, missing, or another word', () => {
    assert.equal(decide({ result: 'pass', approval: { pass: 'manual' } }), 'manual');
    assert.equal(decide({ result: 'warning', approval: { pass: 'automatic' } }), 'manual');
    assert.equal(decide({ result: 'pass', approval: { pass: 'Automatic' } }), 'manual');
    assert.equal(decide({ result: 'pass' }), 'manual');
  });

  it('declines a fail whatever the strategy', () => {
    assert.equal(decide({ result: 'fail', approval: automatic }), 'fail');
  });

  it('says its strategy in the words of Keptn', () => {
    const says = (data: Parameters<typeof decideApproval>[0]): string => decideApproval(data).message;
    assert.equal(says({ result: 'pass' }), "Approval strategy for result 'pass': manual");
    assert.equal(
      says({ result: 'warning', approval: automatic }),
      "Approval strategy for result 'warning': automatic",
    );
    assert.equal(
      says({ result: 'pass', approval: { pass: 'later' } }),
      "Approval strategy for result 'pass': later",
    );
    assert.equal(says({ result: 'fail' }), "Approval strategy for result 'fail': automatic");
    assert.equal(says({ approval: automatic }), "Approval strategy for result '': manual");
  });

  it('looks at the evaluation when there is no result, and waits for a person when there is none either', () => {
    assert.equal(decide({ evaluation: { result: 'fail' }, approval: automatic }), 'fail');
    assert.equal(decide({ result: '', evaluation: { result: 'pass' }, approval: automatic }), 'pass');
    assert.equal(decide({ approval: automatic }), 'manual');
  });
});

describe('the choice of an action', () => {
  const remediations = [
    { problemType: 'default', actionsOnOpen: [{ name: 'd', action: 'escalate' }] },
    {
      problemType: 'Slow',
      actionsOnOpen: [
        { name: 's', action: 'scaling', value: '1' },
        { name: 't', action: 'toggle', value: { on: true } },
      ],
    },
    { problemType: 'Title', actionsOnOpen: [{ name: 'x', action: 'restart' }] },
  ];
  const choose = (data: Parameters<typeof chooseAction>[1]): string => {
    const choice = chooseAction(remediations, data);
    return choice.found ? choice.action.name : choice.message;
  };

  it('goes by root cause, then title, then default', () => {
    assert.equal(choose({ problem: { rootCause: 'Slow', problemTitle: 'Title' } }), 's');
    assert.equal(choose({ problem: { rootCause: 'other', problemTitle: 'Title' } }), 'x');
    assert.equal(choose({ problem: { problemTitle: 'other' } }), 'd');
    assert.equal(choose({}), 'd');
  });

  it('compares exactly, and reads the keys in both spellings', () => {
    assert.equal(choose({ problem: { rootCause: 'slow' } }), 'd');
    assert.equal(choose({ problem: { ProblemTitle: 'Title', State: 'OPEN' } }), 'x');
  });

  it('escalates by index and says when there is no further action', () => {
    const data = { problem: { rootCause: 'Slow' }, 'get-action': { actionIndex: 1 } };
    const choice = chooseAction(remediations, data);
    assert.deepEqual(getActionFinished(choice), {
      status: 'succeeded',
      result: 'pass',
      action: { name: 't', action: 'toggle', value: { on: true } },
      'get-action': { actionIndex: 2 },
    });
    const beyond = chooseAction(remediations, { ...data, 'get-action': { actionIndex: 2 } });
    assert.deepEqual(getActionFinished(beyond), {
      status: 'succeeded',
      result: 'fail',
      message: 'there is no action with index 2 for root cause Slow',
    });
  });

  it('says when no entry fits', () => {
    const choice = chooseAction([], { problem: { problemTitle: 'x' } });
    assert.deepEqual(choice, { found: false, message: 'unable to find action for problem title x' });
    const unnamed = chooseAction([], {});
    assert.deepEqual(unnamed, { found: false, message: 'unable to find action for problem type default' });
  });

  it('passes over an entry without a list of actions, not over an empty list', () => {
    const problem = { rootCause: 'Slow', problemTitle: 'Title' };
    const others = remediations.filter(({ problemType }) => problemType !== 'Slow');
    const chosen = chooseAction([{ problemType: 'Slow' }, ...others], { problem });
    assert.equal(chosen.found && chosen.action.name, 'x');
    const empty = chooseAction([{ problemType: 'Slow', actionsOnOpen: [] }, ...others], { problem });
    assert.deepEqual(empty, { found: false, message: 'there is no action with index 0 for root cause Slow' });
    const none = chooseAction([{ problemType: 'Slow' }], { problem });
    assert.deepEqual(none, { found: false, message: 'unable to find action for root cause Slow' });
  });

  it('takes an entry without a problem type for a problem without root cause or title', () => {
    const unnamed = { problemType: '', actionsOnOpen: [{ name: 'u', action: 'restart' }] };
    const nameOf = (problem: { [key: string]: string }): string | false => {
      const choice = chooseAction([...remediations, unnamed], { problem });
      return choice.found && choice.action.name;
    };
    assert.equal(nameOf({ problemTitle: 'Title' }), 'u');
    assert.equal(nameOf({ rootCause: 'Slow' }), 's');
    assert.equal(nameOf({ rootCause: 'other', problemTitle: 'other' }), 'd');
  });

  it('leaves an empty description and a missing value out of its answer', () => {
    const bare = {
      problemType: 'default',
      actionsOnOpen: [{ name: 'd', action: 'escalate', description: '' }],
    };
    const { action } = getActionFinished(chooseAction([bare], {}));
    assert.deepEqual(action, { name: 'd', action: 'escalate' });
  });

  it('takes a nonsensical index as none', () => {
    for (const actionIndex of [-1, 0.5, '1', null]) {
      assert.equal(choose({ problem: { rootCause: 'Slow' }, 'get-action': { actionIndex } }), 's');
    }
  });
});

describe('a selector', () => {
  const event = 'dev.delivery.finished';
  const lastTask = { name: 'evaluation' };

  it('is pass or warning when it is absent or empty', () => {
    for (const trigger of [{ event }, { event, match: {} }]) {
      assert.equal(selects(trigger, { result: 'pass' }), true);
      assert.equal(selects(trigger, { result: 'warning' }), true);
      assert.equal(selects(trigger, { result: 'fail' }), false);
    }
  });

  it('matches the result, or the result under the name of the last task', () => {
    assert.equal(selects({ event, match: { result: 'fail' } }, { result: 'fail', lastTask }), true);
    assert.equal(
      selects({ event, match: { 'evaluation.result': 'fail' } }, { result: 'fail', lastTask }),
      true,
    );
    assert.equal(selects({ event, match: { 'test.result': 'fail' } }, { result: 'fail', lastTask }), false);
  });

  it('needs one of its keys, and looks at no others', () => {
    const match = { 'evaluation.result': 'pass', result: 'fail', 'labels.x': 'y' };
    assert.equal(selects({ event, match }, { result: 'pass', lastTask }), true);
    assert.equal(selects({ event, match: { 'labels.x': 'y' } }, { result: 'pass', lastTask }), false);
  });
});

describe('the state of a whole run', () => {
  const cases: [OverallPart[], string][] = [
    [[], 'triggered'],
    [[{ state: 'triggered' }], 'triggered'],
    [[{ state: 'triggered', blocked: true }], 'waiting'],
    [[{ state: 'triggered', held: true }], 'paused'],
    [[{ state: 'finished' }, { state: 'waitingForApproval' }], 'started'],
    [[{ state: 'started' }, { state: 'paused' }], 'started'],
    [[{ state: 'paused' }, { state: 'triggered', blocked: true }], 'paused'],
    [[{ state: 'finished' }, { state: 'finished' }], 'finished'],
    [[{ state: 'finished' }, { state: 'timedOut' }], 'timedOut'],
    [[{ state: 'aborted' }, { state: 'finished' }], 'aborted'],
  ];
  for (const [parts, expected] of cases) {
    it(`is ${expected} for ${parts.map((part) => Object.values(part).join(' ')).join(', ') || 'no runs'}`, () => {
      assert.equal(overallState(parts), expected);
    });
  }
});

describe('a duration', () => {
  it('is read as Go reads it', () => {
    const read = ['0', '15m', '1h30m', '1.5s', '100ms', '.5s', '-2m', '+1s', '1us'].map(parseDuration);
    assert.deepEqual(read, [0, 900_000, 5_400_000, 1500, 100, 500, -120_000, 1000, 0.001]);
  });

  it('is refused where Go refuses it', () => {
    for (const text of ['', '15', 'm', '5x', '1 m', '1h-5m', '1.2.3s', '15M']) {
      assert.equal(parseDuration(text), undefined, text);
    }
  });

  it('is refused beyond 292 years, and however long a text is, without going through it again and again', () => {
    const hostile = [
      '9'.repeat(30_000),
      `${'9'.repeat(30_000)}s`,
      `1s${'1'.repeat(30_000)}`,
      '1.'.repeat(15_000),
    ];
    const since = performance.now();
    for (const text of hostile) assert.equal(parseDuration(text), undefined);
    assert.ok(performance.now() - since < 200, 'quadratic time would take seconds');
    assert.equal(parseDuration('2562047h'), 2_562_047 * 3_600_000);
    assert.equal(parseDuration('2562048h'), undefined);
  });

  it('is written short', () => {
    assert.deepEqual([900_000, 5_400_000, 90_500, 250].map(formatDuration), [
      '15m',
      '1h30m',
      '1m30.5s',
      '250ms',
    ]);
  });
});
