import { log } from '@temporalio/workflow';
import type { KeptnEvent } from '../contracts/events.ts';
import type { ApprovalDecision } from '../contracts/messages.ts';
import { type ApprovalPolicy, castVote, type Vote } from '../sequence/approval-policy.ts';
import { isJsonObject, type JsonObject, textAt } from '../sequence/json.ts';

/** Data of the approval.finished event that the decision makes (Keptn 1.4.5: succeeded, and pass or fail). */
export interface DecidedApproval {
  triggeredId: string;
  data: JsonObject;
}

const NOT_WAITING = { kind: 'refused', reason: 'this run is not waiting for an approval' } as const;

/** Most decisions that are kept for an approval that is about to open. */
const MAX_EARLY = 100;

interface OpenApproval {
  triggeredId: string;
  policy: ApprovalPolicy;
  votes: Vote[];
}

/** Takes the decisions of people for the approval that is open, if one is. */
export class ApprovalDesk {
  #open: OpenApproval | undefined;
  /** Decisions on an approval that is asked for but not open yet: a worker may have died between the two. */
  #early: ApprovalDecision[] = [];
  readonly #isExpected: () => boolean;
  readonly #onDecided: (decided: DecidedApproval) => void;

  constructor(isExpected: () => boolean, onDecided: (decided: DecidedApproval) => void) {
    this.#isExpected = isExpected;
    this.#onDecided = onDecided;
  }

  /** From now on a decision is wanted; those that came a moment too early count. */
  open(triggeredId: string, policy: ApprovalPolicy): void {
    this.#open = { triggeredId, policy, votes: [] };
    for (const decision of this.#early.splice(0)) this.decide(decision);
  }

  /** No decision is wanted any more: it came as an event, or the run ended. */
  close(): void {
    this.#open = undefined;
    this.#early = [];
  }

  /** Throws, with the reason, for a decision that would be dropped. */
  validate(decision: ApprovalDecision): void {
    if (this.#open === undefined) throw new Error(NOT_WAITING.reason);
    const outcome = castVote(this.#open.policy, this.#open.votes, decision ?? {});
    if (outcome.kind === 'refused') throw new Error(outcome.reason);
  }

  /** Takes the decision; one that is not wanted or not readable is logged and dropped, as a signal has no answer. */
  decide(decision: ApprovalDecision): void {
    const open = this.#open;
    if (open === undefined && this.#isExpected() && this.#early.length < MAX_EARLY) {
      this.#early.push(decision);
      return;
    }
    const outcome = open === undefined ? NOT_WAITING : castVote(open.policy, open.votes, decision ?? {});
    if (open === undefined || outcome.kind === 'refused') {
      log.warn('approval decision dropped', { outcome });
      return;
    }
    open.votes = outcome.votes;
    if (outcome.kind === 'decided') this.#end(decision);
    else log.info('approval counted', { by: decision.by, missing: outcome.missing });
  }

  /**
   * Takes an approval.finished event as a vote where the policy has rules of its own, so that an event cannot
   * go round them; false leaves the event to Keptn's counting of started and finished.
   */
  claim(event: KeptnEvent): boolean {
    if (this.#open === undefined || event.triggeredid !== this.#open.triggeredId) return false;
    const { approvers, roles, notBy } = this.#open.policy;
    if (approvers === 1 && roles.length === 0 && notBy === undefined) return false;
    const details = isJsonObject(event.data.approval) ? event.data.approval : {};
    const reason = textAt(details, 'reason');
    const role = textAt(details, 'role');
    this.decide({
      decision: event.data.result === 'pass' ? 'approve' : 'decline',
      by: textAt(details, 'by') || event.source,
      ...(reason === '' ? {} : { reason }),
      ...(role === '' ? {} : { role }),
    });
    return true;
  }

  /** Nobody decided in time: the policy's own decision counts. */
  deadline(): void {
    if (this.#open === undefined) return;
    const { deadlineDecision } = this.#open.policy;
    this.#end({ decision: deadlineDecision, by: 'deadline', reason: 'nobody decided in time' });
  }

  #end({ decision, by, reason, role }: ApprovalDecision): void {
    if (this.#open === undefined) return;
    const { triggeredId, votes } = this.#open;
    this.#open = undefined;
    const approved = decision === 'approve';
    this.#onDecided({
      triggeredId,
      data: {
        status: 'succeeded',
        result: approved ? 'pass' : 'fail',
        message: `${approved ? 'Approved' : 'Declined'} by ${by}${reason === undefined ? '' : `: ${reason}`}`,
        'x-approval': {
          decision,
          by,
          at: new Date().toISOString(),
          ...(reason === undefined ? {} : { reason }),
          ...(role === undefined ? {} : { role }),
          ...(votes.length > 1 ? { approvers: votes.map((vote) => vote.by) } : {}),
        },
      },
    });
  }
}
