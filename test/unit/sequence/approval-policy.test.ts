import assert from 'node:assert/strict';
import fc from 'fast-check';
import { approvalPolicy, castVote, type Vote } from '../../../src/sequence/approval-policy.ts';

const ask = (properties: object, labels = {}) =>
  approvalPolicy(JSON.parse(JSON.stringify({ approval: properties, labels })));

describe('approval policy', () => {
  it('lets one person of any role decide without a limit when nothing else is asked', () => {
    const policy = ask({ pass: 'manual' });
    assert.deepEqual(policy, { approvers: 1, roles: [], deadlineDecision: 'decline' });
    const outcome = castVote(policy, [], { decision: 'approve', by: 'ada' });
    assert.equal(outcome.kind === 'decided' && outcome.decision, 'approve');
  });

  it('waits for as many different people as asked', () => {
    const policy = ask({ 'x-approvers': 2 });
    const first = castVote(policy, [], { decision: 'approve', by: 'ada' });
    assert.ok(first.kind === 'counted' && first.missing === 1);
    const again = castVote(policy, first.votes, { decision: 'approve', by: 'ada' });
    assert.deepEqual(again, { kind: 'refused', reason: 'ada has approved already' });
    assert.equal(castVote(policy, first.votes, { decision: 'approve', by: 'bob' }).kind, 'decided');
  });

  it('refuses a role that was not asked for, and whoever triggered the run', () => {
    const policy = ask({ 'x-roles': ['lead'], 'x-separation-of-duties': true }, { triggeredBy: 'ada' });
    assert.equal(castVote(policy, [], { decision: 'approve', by: 'bob' }).kind, 'refused');
    assert.equal(castVote(policy, [], { decision: 'approve', by: 'ada', role: 'lead' }).kind, 'refused');
    assert.equal(castVote(policy, [], { decision: 'decline', by: 'ada', role: 'lead' }).kind, 'decided');
    assert.equal(castVote(policy, [], { decision: 'approve', by: 'bob', role: 'lead' }).kind, 'decided');
  });

  it('reads a deadline as a Go duration and ignores one that is none', () => {
    assert.equal(ask({ 'x-deadline': '1h30m', 'x-deadline-decision': 'approve' }).deadlineMs, 5_400_000);
    assert.equal(ask({ 'x-deadline': 'soon' }).deadlineMs, undefined);
  });

  it('never approves with fewer different approvers than asked, whatever the votes', () => {
    const vote = fc.record({
      decision: fc.constantFrom<Vote['decision']>('approve', 'decline'),
      by: fc.constantFrom('ada', 'bob', 'cleo', ''),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(vote, { maxLength: 12 }), (approvers, cast) => {
        const policy = { ...ask({}), approvers };
        let votes: Vote[] = [];
        for (const next of cast) {
          const outcome = castVote(policy, votes, next);
          if (outcome.kind === 'refused') continue;
          votes = outcome.votes;
          if (outcome.kind !== 'decided') continue;
          const people = new Set(votes.map(({ by }) => by));
          assert.equal(people.size, votes.length);
          if (outcome.decision === 'approve') assert.equal(people.size, approvers);
          return;
        }
      }),
    );
  });
});
