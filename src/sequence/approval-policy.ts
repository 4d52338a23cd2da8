import { parseDuration } from './duration.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';

/** One person's decision on an approval. */
export interface Vote {
  decision: 'approve' | 'decline';
  by: string;
  role?: string;
}

/**
 * What an approval asks of people beyond Keptn's pass and warning strategies; all of it is off by default:
 * one person of any role decides, and the approval waits without a limit, as in Keptn 1.4.5.
 */
export interface ApprovalPolicy {
  /** Different people who must approve (`x-approvers`, default 1); one who declines is enough to decline. */
  approvers: number;
  /** Roles that may decide (`x-roles`); empty: any. */
  roles: string[];
  /** Milliseconds until `deadlineDecision` is taken (`x-deadline`, a duration such as `24h`). */
  deadlineMs?: number;
  /** `x-deadline-decision`, default decline. */
  deadlineDecision: 'approve' | 'decline';
  /** The label `triggeredBy`, with `x-separation-of-duties: true`: this person may not approve. */
  notBy?: string;
}

/** Reads the `x-` properties of the approval in the data of its `.triggered` event; unreadable ones keep the default. */
export function approvalPolicy(data: JsonObject): ApprovalPolicy {
  const properties = isJsonObject(data.approval) ? data.approval : {};
  const deadlineMs = parseDuration(text(properties['x-deadline']));
  const notBy = isJsonObject(data.labels) ? text(data.labels.triggeredBy) : '';
  return {
    approvers: positiveInteger(properties['x-approvers']) ?? 1,
    roles: Array.isArray(properties['x-roles']) ? properties['x-roles'].map(text).filter(Boolean) : [],
    ...(deadlineMs === undefined || deadlineMs <= 0 ? {} : { deadlineMs }),
    deadlineDecision: properties['x-deadline-decision'] === 'approve' ? 'approve' : 'decline',
    ...(properties['x-separation-of-duties'] === true && notBy !== '' ? { notBy } : {}),
  };
}

/** What a vote leads to: refused with the reason, counted, or the end of the approval. */
export type VoteOutcome =
  | { kind: 'refused'; reason: string }
  | { kind: 'counted'; votes: Vote[]; missing: number }
  | { kind: 'decided'; votes: Vote[]; decision: 'approve' | 'decline' };

/** Counts a vote by the policy's rules. */
export function castVote(policy: ApprovalPolicy, votes: readonly Vote[], vote: Vote): VoteOutcome {
  const reason = refusal(policy, votes, vote);
  if (reason !== undefined) return { kind: 'refused', reason };
  const all = [...votes, vote];
  if (vote.decision === 'decline') return { kind: 'decided', votes: all, decision: 'decline' };
  const missing = policy.approvers - all.length;
  if (missing > 0) return { kind: 'counted', votes: all, missing };
  return { kind: 'decided', votes: all, decision: 'approve' };
}

function refusal(policy: ApprovalPolicy, votes: readonly Vote[], vote: Vote): string | undefined {
  if (vote.decision !== 'approve' && vote.decision !== 'decline') {
    return 'decision must be "approve" or "decline"';
  }
  if (typeof vote.by !== 'string' || vote.by === '') return 'by must say who decides';
  if (votes.some((other) => other.by === vote.by)) return `${vote.by} has approved already`;
  if (policy.roles.length > 0 && !policy.roles.includes(vote.role ?? '')) {
    return `role must be one of ${policy.roles.join(', ')}`;
  }
  if (vote.decision === 'approve' && policy.notBy === vote.by) {
    return `${vote.by} triggered this run and may not approve it`;
  }
  return undefined;
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function positiveInteger(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined;
}
