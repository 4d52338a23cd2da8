import assert from 'node:assert/strict';
import { beginsPaused } from '../../../src/client/context-pause.ts';

describe('a new sequence of a context', () => {
  const rows = (...states: string[]) =>
    states.map((text) => {
      const [stage = '', state = ''] = text.split(' ');
      return { stage, state };
    });

  it('begins paused when its stage is paused, or the whole context', () => {
    assert.ok(beginsPaused(rows('qa paused', 'staging started'), 'qa'));
    assert.ok(beginsPaused(rows('qa paused', 'dev finished'), 'production'));
    assert.ok(beginsPaused(rows('qa paused', 'staging paused'), 'production'));
  });

  it('begins when another stage is paused and something goes on, such as the sequence that triggers it', () => {
    assert.ok(!beginsPaused(rows('qa paused', 'staging started'), 'production'));
    assert.ok(!beginsPaused(rows('qa paused', 'staging waitingForApproval'), 'production'));
    assert.ok(!beginsPaused(rows('dev finished'), 'production'));
    assert.ok(!beginsPaused([], 'dev'));
  });
});
