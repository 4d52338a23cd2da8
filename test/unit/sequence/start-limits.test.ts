import assert from 'node:assert/strict';
import fc from 'fast-check';
import { refusedStart, type SequenceStart } from '../../../src/sequence/start-limits.ts';

const MINUTE = 60_000;
const at = (minutes: number, keptnContext: string): SequenceStart => ({
  keptnContext,
  time: minutes * MINUTE,
});

describe('limits on how often a sequence starts', () => {
  it('refuse nothing when none is set', () => {
    assert.equal(refusedStart({}, [at(0, 'a'), at(0, 'b'), at(0, 'c')]), undefined);
  });

  it('refuse a start within the cooldown and say since when it runs', () => {
    const limits = { cooldownMs: 10 * MINUTE };
    assert.equal(
      refusedStart(limits, [at(0, 'a'), at(2, 'b')]),
      'x-cooldown is 10m, and the last one began 120 s before, in context a',
    );
    assert.equal(refusedStart(limits, [at(0, 'a'), at(10, 'b')]), undefined);
  });

  it('do not count a refused start: the cooldown runs from the one that was admitted', () => {
    const limits = { cooldownMs: 10 * MINUTE };
    assert.equal(refusedStart(limits, [at(0, 'a'), at(9, 'b'), at(11, 'c')]), undefined);
  });

  it('never refuse a further round of an admitted context, and begin the cooldown again with it', () => {
    const limits = { cooldownMs: 10 * MINUTE, maxPerHour: 1 };
    const rounds = [at(0, 'a'), at(1, 'a'), at(8, 'a')];
    assert.equal(refusedStart(limits, rounds), undefined);
    assert.match(refusedStart(limits, [...rounds, at(15, 'b')]) ?? '', /began 420 s before/);
  });

  it('refuse what is over the number of an hour, in which rounds of one context count once', () => {
    const limits = { maxPerHour: 2 };
    const two = [at(0, 'a'), at(5, 'a'), at(10, 'b')];
    assert.equal(refusedStart(limits, two), undefined);
    assert.equal(
      refusedStart(limits, [...two, at(20, 'c')]),
      'x-max-per-hour is 2, and 2 began in the last hour',
    );
    assert.equal(refusedStart(limits, [...two, at(20, 'c'), at(60, 'd')]), undefined);
  });

  it('hold for any order of triggers: never more new contexts in an hour than allowed, never closer than the cooldown', () => {
    const trigger = fc.record({
      gap: fc.integer({ min: 0, max: 40 }),
      context: fc.constantFrom(...'abcdefgh'),
    });
    fc.assert(
      fc.property(
        fc.array(trigger, { maxLength: 30 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 30 }),
        (triggers, maxPerHour, cooldown) => {
          const limits = { maxPerHour, cooldownMs: cooldown * MINUTE };
          let minute = 0;
          const all = triggers.map(({ gap, context }) => {
            minute += gap;
            return at(minute, context);
          });
          const admitted = all.filter(
            (_, index) => refusedStart(limits, all.slice(0, index + 1)) === undefined,
          );
          const firsts = admitted.filter(
            (start, index) =>
              admitted.findIndex(({ keptnContext }) => keptnContext === start.keptnContext) === index,
          );
          for (const first of firsts) {
            const hour = firsts.filter(
              ({ time }) => time <= first.time && first.time - time < 60 * MINUTE,
            ).length;
            assert.ok(hour <= maxPerHour);
            const before = admitted[admitted.indexOf(first) - 1];
            assert.ok(before === undefined || first.time - before.time >= limits.cooldownMs);
          }
        },
      ),
    );
  });
});
