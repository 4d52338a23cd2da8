import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isCriterion, parseCriterion, relativeTarget, satisfies } from '../../../src/gate/criterion.ts';

function parsed(text: string) {
  const criterion = parseCriterion(text);
  assert.ok(isCriterion(criterion), `${text} does not parse`);
  return criterion;
}

function reason(text: string): string {
  const criterion = parseCriterion(text);
  assert.ok(!isCriterion(criterion), `${text} parses`);
  return criterion.error;
}

describe('a criterion', () => {
  it('is an absolute threshold without sign and percent', () => {
    for (const [text, operator, value] of [
      ['<600', '<', 600],
      ['>=3.5', '>=', 3.5],
      ['=0', '=', 0],
      ['<=.5', '<=', 0.5],
      ['>5.', '>', 5],
      ['<1e3', '<', 1000],
      ['< 1 000', '<', 1000],
      ['<0x1p4', '<', 16],
    ] as const) {
      const criterion = parsed(text);
      assert.deepEqual([criterion.operator, criterion.value, criterion.relative], [operator, value, false]);
      assert.equal(criterion.text, text);
    }
  });

  it('is relative with a sign or a percent sign, and a bare percentage is an increase', () => {
    assert.equal(relativeTarget(parsed('<=+10%'), 200), 220);
    assert.equal(relativeTarget(parsed('<=10%'), 200), 220);
    assert.equal(relativeTarget(parsed('<=-10%'), 200), 180);
    assert.equal(relativeTarget(parsed('<+50'), 200), 250);
    assert.equal(relativeTarget(parsed('>=-5'), 200), 195);
  });

  it('strips one sign only, so that a second one belongs to the number', () => {
    assert.equal(relativeTarget(parsed('<+-5'), 100), 95);
    assert.equal(relativeTarget(parsed('<--5'), 100), 105);
  });

  it('needs an operator character first', () => {
    for (const text of ['5', '', ' ', '!=5', '~5', '\t<5', 'x<5', '%'])
      assert.equal(reason(text), 'invalid criteria string');
  });

  it('needs a number that Go can parse behind the operator', () => {
    for (const text of [
      '==5',
      '=<5',
      '=>5',
      '<>5',
      '|5',
      '<',
      '<%',
      '<5ms',
      '<1,5',
      '<5%%',
      '<\t5',
      '<1e999',
      '<_1',
      '<+',
    ]) {
      assert.equal(reason(text), 'could not parse criteria target value', text);
    }
  });

  it('compares without any tolerance', () => {
    assert.equal(satisfies(0.1 + 0.2, '<=', 0.3), false);
    assert.equal(satisfies(0.3, '=', 0.3), true);
    assert.equal(satisfies(Number.NaN, '>=', Number.NaN), false);
  });

  it('parses or gives one of two reasons, whatever the text', () => {
    const pieces = fc.constantFrom(
      '<',
      '=',
      '>',
      '|',
      '+',
      '-',
      '%',
      ' ',
      '.',
      '1',
      '9e9',
      'e',
      '_',
      'inf',
      'nan',
      '0x',
      'p',
      '\t',
      'é',
      '\0',
      '١',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 8 }).map((list) => list.join('')),
        ),
        (text) => {
          const criterion = parseCriterion(text);
          if (isCriterion(criterion)) assert.equal(typeof criterion.value, 'number');
          else
            assert.ok(
              ['invalid criteria string', 'could not parse criteria target value'].includes(criterion.error),
            );
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('keeps its meaning when blanks are put anywhere', () => {
    const criterion = fc
      .tuple(
        fc.constantFrom('<', '<=', '=', '>=', '>'),
        fc.constantFrom('', '+', '-'),
        fc.integer({ min: 0, max: 9999 }),
        fc.constantFrom('', '%'),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(criterion, fc.nat(20), (text, place) => {
        const spaced = `${text.slice(0, place)} ${text.slice(place)}`;
        assert.deepEqual({ ...parsed(spaced), text }, parsed(text));
      }),
    );
  });
});
