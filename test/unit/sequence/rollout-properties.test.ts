import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Json } from '../../../src/sequence/json.ts';
import { readKeepWarm, rolloutProblems } from '../../../src/sequence/rollout-properties.ts';
import { readSteps } from '../../../src/sequence/traffic-steps.ts';

const messages = (value: Json) =>
  readSteps(value).problems.map(({ path, message }) => [...path, message].join(' '));

describe('the steps of a progressive rollout', () => {
  it('are read in their order, with a last step to 100 added where the list ends below it', () => {
    const { steps, problems } = readSteps([
      { weight: 10, pause: '5m', analysis: true },
      { weight: 50, pause: '1h30m', analysis: 'evaluation' },
      { weight: 60 },
    ]);
    assert.deepEqual(problems, []);
    assert.deepEqual(steps, [
      { weight: 10, pauseMs: 300_000, analysis: true },
      { weight: 50, pauseMs: 5_400_000, analysis: true },
      { weight: 60, pauseMs: 0, analysis: false },
      { weight: 100, pauseMs: 0, analysis: false },
    ]);
    assert.deepEqual(readSteps([{ weight: 100, pause: '1s', analysis: true }]).steps.length, 1);
  });

  it('say what is wrong and where', () => {
    assert.deepEqual(messages('fast'), ['x-steps must be a list of {weight, pause, analysis}']);
    assert.deepEqual(messages([]), ['x-steps must be a list of {weight, pause, analysis}']);
    assert.deepEqual(messages([20]), ['0 a step is a mapping with the keys weight, pause, analysis']);
    assert.deepEqual(
      messages([
        { weight: 20, pause: 'soon' },
        { weight: 20 },
        { weight: 50.5 },
        { weight: 60, analysis: true },
        { weight: 70, analysis: 'maybe', wait: '5m' },
        { weight: 80, pause: '800h' },
      ]),
      [
        '0 pause pause must be a duration such as 90s, 15m or 1h30m, at most 30 days',
        '2 weight weight must be a whole number of percent from 1 to 100',
        '3 analysis analysis needs a pause: its window is the time of the step',
        '4 wait unknown key "wait": a step has weight, pause and analysis',
        '4 analysis analysis must be true, false or evaluation',
        '5 pause pause must be a duration such as 90s, 15m or 1h30m, at most 30 days',
      ],
    );
    assert.deepEqual(messages([{ weight: 20 }, { weight: 20 }]), [
      '1 weight weight 20 must be above 20, the step before',
    ]);
    assert.deepEqual(messages(Array.from({ length: 51 }, (_, index) => ({ weight: index + 1 }))), [
      'x-steps has more than 50 steps',
    ]);
  });

  it('always rise to 100 when nothing is wrong with them, whatever is written', () => {
    const step = fc.record(
      {
        weight: fc.oneof(fc.integer({ min: -5, max: 120 }), fc.double(), fc.string()),
        pause: fc.oneof(fc.constantFrom('5m', '1s', '0', '-1s'), fc.string()),
        analysis: fc.oneof(fc.boolean(), fc.constant('evaluation')),
      },
      { requiredKeys: ['weight'] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.array(step, { maxLength: 5 }), fc.jsonValue()), (value) => {
        const { steps, problems } = readSteps(value as Json);
        if (problems.length > 0) return;
        const weights = steps.map(({ weight }) => weight);
        assert.equal(weights.at(-1), 100);
        assert.deepEqual(
          weights,
          [...new Set(weights)].toSorted((a, b) => a - b),
        );
        assert.ok(steps.every(({ pauseMs, analysis }) => pauseMs >= 0 && (!analysis || pauseMs > 0)));
      }),
    );
  });
});

describe('the properties that say how users move', () => {
  const of = (task: string, properties: { [key: string]: Json }) =>
    rolloutProblems(task, properties).map(
      ({ path, message, severity = 'error' }) => `${severity} ${path.join('.')}: ${message}`,
    );
  const STEPS = [{ weight: 20 }];

  it('fit together where they are meant to', () => {
    assert.deepEqual(of('deployment', { deploymentstrategy: 'canary', 'x-steps': STEPS }), []);
    assert.deepEqual(of('deployment', { deploymentstrategy: 'canary', 'x-users': 'primary' }), []);
    assert.deepEqual(of('deployment', { deploymentstrategy: 'blue_green_service', 'x-users': 'canary' }), []);
    assert.deepEqual(of('deployment', { 'x-steps': STEPS }), []);
    assert.deepEqual(of('release', { 'x-steps': STEPS, 'x-keep-warm': '30m' }), []);
    assert.deepEqual(of('test', { teststrategy: 'performance' }), []);
  });

  it('are refused where they contradict each other or mean nothing', () => {
    assert.match(
      of('deployment', { deploymentstrategy: 'canary' }).join(),
      /deploymentstrategy: .* needs x-steps/,
    );
    assert.match(
      of('deployment', { deploymentstrategy: 'direct', 'x-steps': STEPS }).join(),
      /needs deploymentstrategy: canary, not direct/,
    );
    assert.match(
      of('deployment', { deploymentstrategy: 'direct', 'x-users': 'primary' }).join(),
      /needs two sides/,
    );
    assert.match(of('deployment', { 'x-users': 'nobody' }).join(), /x-users must be primary or canary/);
    assert.match(
      of('deployment', { deploymentstrategy: 'canary', 'x-users': 'primary', 'x-steps': STEPS }).join(),
      /write x-steps on the task release/,
    );
    assert.match(
      of('release', { 'x-keep-warm': 'a while' }).join(),
      /error x-keep-warm: x-keep-warm must be a duration/,
    );
    assert.match(of('release', { 'x-keep-warm': 0 }).join(), /x-keep-warm must be a duration/);
    assert.deepEqual(readKeepWarm('90s'), { keepMs: 90_000 });
  });

  it('are only warned about on a task of another name, which may use them for itself', () => {
    assert.deepEqual(of('promote', { 'x-keep-warm': '30m' }), [
      'warning x-keep-warm: x-keep-warm has no effect on the task promote: write it on release',
    ]);
  });
});
