import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseShipyard } from '../../../src/files/shipyard.ts';
import { type FreezeWindow, freezeAt, refusedByFreeze } from '../../../src/sequence/freeze.ts';

const WEEKEND: FreezeWindow = {
  kind: 'weekly',
  from: (4 * 24 + 16) * 60,
  to: 6 * 60,
  timeZone: 'Europe/Vienna',
  reason: 'weekend',
};
const until = (windows: FreezeWindow[], now: string): string | undefined => {
  const freeze = freezeAt(windows, Date.parse(now));
  return freeze === undefined ? undefined : new Date(freeze.until).toISOString();
};

describe('a freeze window', () => {
  it('holds from its begin to just before its end', () => {
    const once: FreezeWindow = { kind: 'once', from: 1000, to: 2000, reason: 'r' };
    assert.deepEqual(
      [999, 1000, 1999, 2000].map((now) => freezeAt([once], now)?.until),
      [...[undefined, 2000, 2000, undefined]],
    );
  });

  it('comes back every week at the local time of its zone', () => {
    assert.equal(until([WEEKEND], '2026-01-09T14:59:59Z'), undefined);
    assert.equal(until([WEEKEND], '2026-01-09T15:00:00Z'), '2026-01-12T05:00:00.000Z');
    assert.equal(until([WEEKEND], '2026-01-11T12:00:30Z'), '2026-01-12T05:00:00.000Z');
    assert.equal(until([WEEKEND], '2026-01-12T05:00:00Z'), undefined);
    assert.equal(until([WEEKEND], '2026-07-10T14:00:00Z'), '2026-07-13T04:00:00.000Z');
  });

  it('ends at its local time also when clocks change within it', () => {
    assert.equal(until([WEEKEND], '2026-03-28T12:00:00Z'), '2026-03-30T04:00:00.000Z');
    assert.equal(until([WEEKEND], '2026-10-24T12:00:00Z'), '2026-10-26T05:00:00.000Z');
  });

  it('counts as long as the longest of those that hold', () => {
    const longer: FreezeWindow = {
      kind: 'once',
      from: 0,
      to: Date.parse('2026-02-01T00:00:00Z'),
      reason: 'year end',
    };
    assert.equal(until([longer, WEEKEND], '2026-01-10T00:00:00Z'), '2026-02-01T00:00:00.000Z');
  });

  it('ends where it says, for any moment in it', () => {
    const moment = fc.integer({ min: Date.parse('2025-01-01'), max: Date.parse('2028-01-01') });
    fc.assert(
      fc.property(
        moment,
        fc.integer({ min: 0, max: 10_079 }),
        fc.integer({ min: 1, max: 10_000 }),
        (now, from, length) => {
          const window: FreezeWindow = { ...WEEKEND, from, to: (from + length) % 10_080, timeZone: 'UTC' };
          const freeze = freezeAt([window], now);
          if (freeze === undefined) return;
          assert.ok(freeze.until > now && freeze.until - now <= length * 60_000);
          assert.equal(freezeAt([window], freeze.until), undefined);
        },
      ),
    );
  });

  it('refuses what changes a stage, and lets repairs, evaluations and its own override through', () => {
    const now = Date.parse('2026-01-10T00:00:00Z');
    const asks = (data: object, tasks = ['deployment', 'evaluation']) =>
      refusedByFreeze([WEEKEND], {
        stage: 'prod',
        tasks: tasks.map((name) => ({ name })),
        data: data as { [key: string]: string },
        now,
      });
    assert.match(
      asks({}) ?? '',
      /stage prod is frozen until 2026-01-12T05:00:00\.000Z \(weekend\).*--override-freeze/,
    );
    assert.equal(asks({ result: 'fail' }), undefined);
    assert.equal(asks({ problem: { State: 'OPEN' } }), undefined);
    assert.equal(asks({}, ['evaluation']), undefined);
    assert.equal(asks({ 'x-override-freeze': { stage: 'prod', reason: 'fire' } }), undefined);
    assert.notEqual(asks({ 'x-override-freeze': { stage: 'dev', reason: 'fire' } }), undefined);
    assert.notEqual(asks({ 'x-override-freeze': { stage: 'prod', reason: ' ' } }), undefined);
    assert.notEqual(asks({ 'x-override-freeze': true }), undefined);
  });
});

describe('x-freeze in a shipyard', () => {
  const parse = (window: string) =>
    parseShipyard(
      `apiVersion: spec.keptn.sh/0.2.3\nkind: Shipyard\nmetadata: { name: s }\nspec:\n  stages:\n    - name: prod\n      x-freeze:\n        - ${window}\n      sequences: [{ name: d, tasks: [{ name: t }] }]\n`,
      { file: 'shipyard.yaml' },
    );

  it('is read once or weekly, without a warning', () => {
    const once = parse('{ from: "2026-12-23T18:00:00Z", to: "2027-01-02T06:00:00+01:00", reason: year end }');
    assert.deepEqual(once.problems, []);
    assert.deepEqual(once.shipyard?.stages[0]?.freeze, [
      {
        kind: 'once',
        from: Date.parse('2026-12-23T18:00:00Z'),
        to: Date.parse('2027-01-02T05:00:00Z'),
        reason: 'year end',
      },
    ]);
    const weekly = parse('{ from: Fri 16:00, to: Monday 06:00, timezone: Europe/Vienna, reason: weekend }');
    assert.deepEqual(weekly.problems, []);
    assert.deepEqual(weekly.shipyard?.stages[0]?.freeze, [WEEKEND]);
    const bare = parse('{ from: 2026-12-23T18:00:00Z, to: 2026-12-24T18:00:00Z }');
    assert.equal(bare.shipyard?.stages[0]?.freeze?.[0]?.kind, 'once');
  });

  it('is refused with its place when it is no window', () => {
    for (const [window, message] of [
      ['{ from: Fri 16:00, to: Mon 06:00 }', /needs a timezone/],
      ['{ from: Fri 16:00, to: Mon 06:00, timezone: Mars/Base }', /"Mars\/Base" is no time zone/],
      ['{ from: Fri 16:00, to: Fri 16:00, timezone: UTC }', /no length/],
      ['{ from: "2026-12-23T18:00:00Z", to: "2026-12-22T18:00:00Z" }', /is not after/],
      ['{ from: tomorrow, to: later }', /are no window/],
      ['{ from: Fri 25:00, to: Mon 06:00, timezone: UTC }', /are no window/],
    ] as const) {
      const [problem] = parse(window).problems;
      assert.match(problem?.message ?? '', message);
      assert.equal(problem?.line, 8);
    }
  });
});
