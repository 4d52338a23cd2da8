import { log } from '@temporalio/workflow';
import type { JsonObject } from '../contracts/json.ts';
import type { ApprovalDecision } from '../contracts/messages.ts';

/** Data of the approval.finished event that a person's decision makes (Keptn 1.4.5: succeeded, and pass or fail). */
export interface DecidedApproval {
  triggeredId: string;
  data: JsonObject;
}

/** Takes the decisions of people for the approval that is open, if one is. */
export class ApprovalDesk {
  #open: { triggeredId: string } | undefined;
  readonly #onDecided: (decided: DecidedApproval) => void;

  constructor(onDecided: (decided: DecidedApproval) => void) {
    this.#onDecided = onDecided;
  }

  /** From now on a decision is wanted. */
  open(triggeredId: string): void {
    this.#open = { triggeredId };
  }

  /** No decision is wanted any more: it came as an event, or the run ended. */
  close(): void {
    this.#open = undefined;
  }

  /** Throws, with the reason, for a decision that would be dropped. */
  validate(decision: ApprovalDecision): void {
    if (this.#open === undefined) throw new Error('this run is not waiting for an approval');
    if (decision?.decision !== 'approve' && decision?.decision !== 'decline') {
      throw new Error('decision must be "approve" or "decline"');
    }
    if (typeof decision.by !== 'string' || decision.by === '') {
      throw new Error('by must say who decides');
    }
  }

  /** Takes the decision; one that is not wanted or not readable is logged and dropped, as a signal has no answer. */
  decide(decision: ApprovalDecision): void {
    try {
      this.validate(decision);
    } catch (error) {
      log.warn('approval decision dropped', {
        reason: error instanceof Error ? error.message : String(error),
      });
      return;
    }
    if (this.#open === undefined) return;
    const { triggeredId } = this.#open;
    this.#open = undefined;
    const { by, reason, role } = decision;
    const verb = decision.decision === 'approve' ? 'Approved' : 'Declined';
    this.#onDecided({
      triggeredId,
      data: {
        status: 'succeeded',
        result: decision.decision === 'approve' ? 'pass' : 'fail',
        message: `${verb} by ${by}${reason === undefined ? '' : `: ${reason}`}`,
        'x-approval': {
          decision: decision.decision,
          by,
          at: new Date().toISOString(),
          ...(reason === undefined ? {} : { reason }),
          ...(role === undefined ? {} : { role }),
        },
      },
    });
  }
}
