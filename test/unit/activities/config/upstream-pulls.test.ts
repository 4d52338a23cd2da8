import assert from 'node:assert/strict';
import { UpstreamPulls } from '../../../../src/activities/config/upstream-pulls.ts';
import { eventually } from '../../../support/eventually.ts';

/** A pull that ends when the test says so. */
class HeldPull {
  readonly ends: { pass: (hasUpstream: boolean) => void; fail: (error: Error) => void }[] = [];
  readonly pulls = new UpstreamPulls(() => new Promise((pass, fail) => this.ends.push({ pass, fail })));

  begun(count: number): Promise<true> {
    return eventually(`${count} pulls have begun`, async () =>
      this.ends.length >= count ? true : undefined,
    );
  }
}

describe('pulls from an upstream', () => {
  it('are shared by those who wait, never by one who asks after the pull began', async () => {
    const held = new HeldPull();
    const first = held.pulls.notOlderThan('a', 0);
    await held.begun(1);
    const began = Date.now();
    await eventually('a later millisecond', async () => (Date.now() > began ? true : undefined));
    const later = [held.pulls.notOlderThan('a', 0), held.pulls.notOlderThan('a', 0)];
    assert.equal(held.ends.length, 1);
    held.ends[0]?.pass(true);
    await first;
    await held.begun(2);
    held.ends[1]?.pass(true);
    await Promise.all(later);
    assert.equal(held.ends.length, 2);
  });

  it('are not made for one who is content with older news, unless there are none', async () => {
    const held = new HeldPull();
    const first = held.pulls.notOlderThan('a', 60_000);
    await held.begun(1);
    held.ends[0]?.pass(true);
    await first;
    await held.pulls.notOlderThan('a', 60_000);
    assert.equal(held.ends.length, 1);
    const other = held.pulls.notOlderThan('b', 60_000);
    held.pulls.forget('a');
    const again = held.pulls.notOlderThan('a', 60_000);
    await held.begun(3);
    for (const { pass } of held.ends.slice(1)) pass(true);
    await Promise.all([other, again]);
  });

  it('fail for those who waited for them, and count for nothing', async () => {
    const held = new HeldPull();
    const first = held.pulls.notOlderThan('a', 60_000);
    await held.begun(1);
    held.ends[0]?.fail(new Error('gone'));
    await assert.rejects(first, /gone/);
    const second = held.pulls.notOlderThan('a', 60_000);
    await held.begun(2);
    held.ends[1]?.pass(false);
    await second;
    // Without an upstream nothing was brought: one that is set later is asked at once.
    const third = held.pulls.notOlderThan('a', 60_000);
    await held.begun(3);
    held.ends[2]?.pass(true);
    await third;
  });
});
